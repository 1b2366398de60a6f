import {OperatorError} from '../../domain/errors.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {Knowledge} from './asking/knowledge.ts';
import type {Looked, Part} from './needs.ts';
import {faulty, type Placing, placeBlob, placeManifest, uncheckedOf} from './place.ts';

/** An index in an index in an index … Nobody builds more than three; a hostile one may. */
const deepestNesting = 16;

export type LookOptions = Waiting & Placing & {onBytes?: (part: Part, count: number) => void};

/** Finds out about one part. What keeps the registry from answering leaves the part unchecked. */
export function createLook(knowledge: Knowledge, {signal, onBytes, ...placing}: LookOptions) {
	async function find(part: Part): Promise<Looked> {
		const {need, via} = part;

		if (need.role !== 'manifest') {
			const answer = knowledge.blob(need, onBytes && (count => onBytes(part, count)));
			return placeBlob(part, await answer, placing);
		}

		if (via.length > deepestNesting) {
			return faulty(part, 'manifest-unreadable', `it is nested more than ${deepestNesting} indexes deep`);
		}

		return placeManifest(part, await knowledge.manifest(need.digest), placing);
	}

	return async (part: Part): Promise<Looked> => {
		signal.throwIfAborted();

		try {
			return await find(part);
		} catch (error) {
			signal.throwIfAborted();

			if (error instanceof OperatorError) {
				return {part, unchecked: uncheckedOf(part, error), parts: []};
			}

			throw error;
		}
	};
}
