import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {BlobAnswer, Registry} from '../ports/registry.ts';
import type {HashAnswer, Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

type HashOnHostOptions = {
	/** Smaller blobs are read over HTTP. */
	aboveBytes: number;
	/** The most that is read from the host's disk. */
	bytesPerSecond?: number;
};

/**
 * The same registry, but large blobs are hashed on its host instead of being downloaded. It must still serve their last byte
 * over HTTP. A blob is hashed once, however many repositories link it.
 */
export function hashingOnHost(
	registry: Registry,
	storage: Pick<Storage, 'hash' | 'place'>,
	options: HashOnHostOptions,
): Registry {
	const {aboveBytes, bytesPerSecond} = options;
	const hashed = new Map<Digest, HashAnswer>();
	/** One for each signal: to cancel one walk does not cancel the hashes of another. */
	const batches = new WeakMap<AbortSignal, HashBatches>();

	async function hash(digest: Digest, signal: AbortSignal): Promise<HashAnswer> {
		const known = hashed.get(digest);
		if (known !== undefined) {
			return known;
		}

		const hashInBatch = batches.get(signal) ?? createHashBatches(storage, {signal, ...defined({bytesPerSecond})});
		batches.set(signal, hashInBatch);
		const answer = await hashInBatch(digest);

		// A blob that could not be read may be tried again.
		if (answer.state === 'same' || answer.state === 'differs') {
			hashed.set(digest, answer);
		}

		return answer;
	}

	return {
		...registry,
		async blob(repository, blob, depth, waiting) {
			if (depth !== 'content' || blob.size <= aboveBytes || waiting.onContent !== undefined) {
				return registry.blob(repository, blob, depth, waiting);
			}

			const edge = await registry.blob(repository, blob, 'edge', waiting);
			const isOtherSize = edge.state === 'truncated' && edge.length !== undefined;
			if (edge.state !== 'present' && !isOtherSize) {
				return edge;
			}

			const answer = await hash(blob.digest, waiting.signal);
			waiting.onBytes?.(blob.size);
			return isOtherSize ? tellSize(answer, edge, blob.size) : judge(answer, edge, storage.place);
		},
		fresh: () => hashingOnHost(registry.fresh(), storage, options),
	};
}

/** Its bytes are right or not, whatever size the manifest states. */
function tellSize({state}: HashAnswer, edge: Extract<BlobAnswer, {state: 'truncated'}>, size: number): BlobAnswer {
	const {status, length} = edge;
	return state === 'same'
		? {state: 'missized', status, detail: `it is whole and has ${length} bytes, the manifest says ${size} bytes`}
		: {state: 'truncated', status, detail: `it has ${length} bytes instead of ${size} bytes`};
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
			hint: 'If that is this registry’s storage, it answers from its cache: restart it (a cache in Redis outlives that: delete its keys there) and verify again.',
			exit: 'indeterminate',
		});
	}

	throw new OperatorError('storage.unread', `${digest} is at ${place}, but could not be read.`, {
		hint: 'Check its permissions and the disk, or verify without hashing on the host.',
		exit: 'indeterminate',
	});
}

type HashBatches = (digest: Digest) => Promise<HashAnswer>;

type Ask = {promise: Promise<HashAnswer>; resolve: (answer: HashAnswer) => void; reject: (reason: unknown) => void};

/**
 * Makes one call to the host at a time. All digests requested during a call go together into the next, each once. A digest
 * that the host gives no answer for is unread.
 */
function createHashBatches(storage: Pick<Storage, 'hash'>, options: Waiting & {bytesPerSecond?: number}): HashBatches {
	const asked = new Map<Digest, Ask>();
	let queue: Digest[] = [];
	let isDraining = false;

	async function drain(): Promise<void> {
		isDraining = true;
		// Digests that are requested in the same tick go together.
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
