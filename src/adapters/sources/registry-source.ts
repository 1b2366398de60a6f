import type {Digest} from '../../domain/image/digest.ts';
import type {Registry} from '../../engine/ports/registry.ts';
import type {SoughtPart, Source} from '../../engine/ports/source.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {sourceGone} from './errors.ts';

const asksAtOnce = 8;
/** Any repository proves the connection and the credentials. */
const anyRepository = 'regmedic-check';

/** Another registry, with the same repository names. */
export function createRegistrySource({name, url, registry}: {name: string; url: string; registry: Registry}): Source {
	return {
		name,
		place: url,
		async holds(parts, waiting) {
			const held = new Set<Digest>();
			const left = [...parts];
			const ask = async () => {
				for (let part = left.pop(); part !== undefined; part = left.pop()) {
					if (await isHeld(part, registry, waiting)) {
						held.add(part.digest);
					}
				}
			};
			await Promise.all(Array.from({length: asksAtOnce}, ask));
			return held;
		},
		async manifest({repository, digest}, waiting) {
			const answer = await registry.manifest(repository, digest, waiting);
			return answer.state === 'found' && answer.digest === digest ? answer.bytes : undefined;
		},
		stream: (blob, waiting) => readBlob(blob, {registry, url}, waiting),
		async tag(repository, tag, waiting) {
			const answer = await registry.manifest(repository, tag, waiting);
			return answer.state === 'found' ? {digest: answer.digest} : undefined;
		},
		async check(waiting) {
			await registry.tags(anyRepository, waiting);
			return `${url} responds`;
		},
		close: () => registry.close(),
	};
}

/** Of a blob the last byte is asked for: after a collection HEAD says yes to what is gone, here as well. @see distribution/distribution#4525 */
async function isHeld(
	{repository, digest, kind, size = 0}: SoughtPart,
	registry: Registry,
	waiting: Waiting,
): Promise<boolean> {
	if (kind === 'blob') {
		return (await registry.blob(repository, {digest, size}, 'edge', waiting)).state === 'present';
	}

	const answer = await registry.manifest(repository, digest, waiting);
	return answer.state === 'found' && answer.digest === digest;
}

type At = {registry: Registry; url: string};

/** Each piece waits until it was taken, so that a slow consumer keeps no more than one in memory. */
async function* readBlob(
	{repository, digest, size}: SoughtPart & {size: number},
	{registry, url}: At,
	{signal}: Waiting,
): AsyncGenerator<Uint8Array> {
	const leaving = new AbortController();
	let passed = 0;
	let arrived = Promise.withResolvers<Uint8Array | undefined>();
	let taken = Promise.withResolvers<void>();

	const reading = registry
		.blob(repository, {digest, size}, 'content', {
			signal: AbortSignal.any([signal, leaving.signal]),
			onChunk(chunk, before) {
				// Where it is read anew after a cut, what was passed on is not passed on again.
				const piece = chunk.subarray(Math.max(0, passed - before));
				if (piece.length === 0) {
					return undefined;
				}

				passed += piece.length;
				arrived.resolve(piece);
				return taken.promise;
			},
		})
		.finally(() => arrived.resolve(undefined));

	try {
		for (let piece = await arrived.promise; piece !== undefined; piece = await arrived.promise) {
			yield piece;
			arrived = Promise.withResolvers();
			const before = taken;
			taken = Promise.withResolvers();
			before.resolve();
		}

		const answer = await reading;
		if (answer.state !== 'present') {
			throw sourceGone(digest, url, answer.detail);
		}
	} finally {
		leaving.abort(new Error('the reader of the blob has left'));
		taken.resolve();
		await reading.catch(() => {});
	}
}
