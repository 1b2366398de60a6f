import type {Digest} from '../../domain/image/digest.ts';
import type {BlobAnswer} from '../ports/registry.ts';
import type {PartDescriptor} from './parts.ts';

type BlobKey = Pick<PartDescriptor, 'digest' | 'size'>;

/** Answers by digest and expected size, in as little memory as a large repository needs. */
export function createBlobAnswers() {
	const answers = new Map<Digest, {size: number; answer: BlobAnswer}>();
	/** Answers for a second size of the same digest. At most one size is right, so there are few. */
	const misfits = new Map<string, BlobAnswer>();
	/** One object for all that are present in the same way: most blobs are. */
	const present = new Map<string, BlobAnswer>();
	let sizeOnly = 0;

	function intern(answer: BlobAnswer & {state: 'present'}): BlobAnswer {
		const key = `${answer.status} ${answer.sizeOnly}`;
		const known = present.get(key) ?? answer;
		present.set(key, known);
		return known;
	}

	return {
		sizeOnly: () => sizeOnly,

		get({digest, size}: BlobKey): BlobAnswer | undefined {
			const known = answers.get(digest);
			return known?.size === size ? known.answer : misfits.get(`${digest} ${size}`);
		},

		remember({digest, size}: BlobKey, given: BlobAnswer): BlobAnswer {
			const answer = given.state === 'present' ? intern(given) : given;
			sizeOnly += answer.state === 'present' && answer.sizeOnly ? 1 : 0;
			if (answers.has(digest)) {
				misfits.set(`${digest} ${size}`, answer);
			} else {
				answers.set(digest, {size, answer});
			}

			return answer;
		},
	};
}
