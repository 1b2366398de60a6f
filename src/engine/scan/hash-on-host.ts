import {OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {BlobAnswer, Registry} from '../ports/registry.ts';
import type {HashAnswer, Storage} from '../ports/storage.ts';
import {createHashQueue} from './hash-queue.ts';

export type HashOnHostOptions = {
	/** Smaller blobs are read over HTTP. */
	aboveBytes: number;
	/** At most so much of the host's disk. */
	bytesPerSecond?: number;
};

/**
 * The same registry, whose large blobs are hashed where they lie instead of being downloaded: over HTTP it must still serve
 * their last byte. A blob is hashed once, however many repositories link it.
 */
export function hashingOnHost(
	registry: Registry,
	storage: Pick<Storage, 'hash' | 'place'>,
	options: HashOnHostOptions,
): Registry {
	const {aboveBytes, bytesPerSecond} = options;
	const hashed = new Map<Digest, HashAnswer>();
	/** Whoever calls off one walk does not call off another's. */
	const queues = new WeakMap<AbortSignal, ReturnType<typeof createHashQueue>>();

	async function hash(digest: Digest, signal: AbortSignal): Promise<HashAnswer> {
		const known = hashed.get(digest);
		if (known !== undefined) {
			return known;
		}

		const queue =
			queues.get(signal) ??
			createHashQueue(storage, {signal, ...(bytesPerSecond === undefined ? {} : {bytesPerSecond})});
		queues.set(signal, queue);
		const answer = await queue(digest);

		// What could not be found out may be asked again.
		if (answer.state === 'same' || answer.state === 'differs') {
			hashed.set(digest, answer);
		}

		return answer;
	}

	return {
		...registry,
		async blob(repository, blob, depth, waiting) {
			if (depth !== 'content' || blob.size <= aboveBytes) {
				return registry.blob(repository, blob, depth, waiting);
			}

			const edge = await registry.blob(repository, blob, 'edge', waiting);
			if (edge.state !== 'present') {
				return edge;
			}

			const answer = await hash(blob.digest, waiting.signal);
			waiting.onBytes?.(blob.size);
			return judge(answer, edge, storage.place);
		},
		fresh: () => hashingOnHost(registry.fresh(), storage, options),
	};
}

/** @throws OperatorError registry.answers-differ | storage.unread */
function judge({state, digest}: HashAnswer, edge: BlobAnswer, place: string): BlobAnswer {
	if (state === 'same') {
		return edge;
	}

	if (state === 'differs') {
		return {state: 'corrupt', status: edge.status, detail: `its bytes at ${place} do not hash to its digest`};
	}

	if (state === 'gone') {
		throw new OperatorError('registry.answers-differ', `The registry serves ${digest}, which ${place} does not hold.`, {
			hint: 'If that is this registry’s storage, it answers from memory: restart it and verify again.',
			exit: 'indeterminate',
		});
	}

	throw new OperatorError('storage.unread', `${digest} is at ${place}, and could not be read there.`, {
		hint: 'Look at its permissions and at the disk; or verify without hashing on the host.',
		exit: 'indeterminate',
	});
}
