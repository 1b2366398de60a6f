import type {Digest} from '../../domain/image/digest.ts';
import type {HashAnswer, Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

export type HashQueueOptions = Waiting & {
	/** At most so much of the host's disk. */
	bytesPerSecond?: number;
};

type Ask = {promise: Promise<HashAnswer>; resolve: (answer: HashAnswer) => void; reject: (reason: unknown) => void};

/**
 * One call at a time: what is asked for while it is under way goes together in the next, each digest once.
 * A digest that the host says nothing of is unread.
 */
export function createHashQueue(
	storage: Pick<Storage, 'hash'>,
	options: HashQueueOptions,
): (digest: Digest) => Promise<HashAnswer> {
	const asked = new Map<Digest, Ask>();
	let queue: Digest[] = [];
	let isDraining = false;

	async function drain(): Promise<void> {
		isDraining = true;
		// Those that come in the same breath go together.
		await Promise.resolve();

		while (queue.length > 0) {
			const digests = queue;
			queue = [];
			await hashAll(digests);
		}

		isDraining = false;
	}

	async function hashAll(digests: readonly Digest[]): Promise<void> {
		const onAnswer = (answer: HashAnswer) => {
			asked.get(answer.digest)?.resolve(answer);
			asked.delete(answer.digest);
		};

		try {
			const answers = await storage.hash(digests, {...options, onAnswer});
			answers.forEach(onAnswer);

			for (const digest of digests) {
				onAnswer({digest, state: 'unread', bytes: 0});
			}
		} catch (error) {
			for (const digest of digests) {
				asked.get(digest)?.reject(error);
				asked.delete(digest);
			}
		}
	}

	return digest => {
		const known = asked.get(digest);
		if (known !== undefined) {
			return known.promise;
		}

		const ask = Promise.withResolvers<HashAnswer>();
		asked.set(digest, ask);
		queue.push(digest);

		if (!isDraining) {
			void drain();
		}

		return ask.promise;
	};
}
