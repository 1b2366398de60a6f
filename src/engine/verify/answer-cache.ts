import type {Digest} from '../../domain/image/digest.ts';
import type {UnpackedLayer} from '../../domain/image/layer/unpacked.ts';
import {parseConfig} from '../../domain/image/pullable/config-document.ts';
import {type ConfigFact, configFact} from '../../domain/image/pullable/judge-config.ts';
import type {Depth} from '../../domain/image/verdict.ts';
import type {BlobAnswer, BlobObserver, ManifestAnswer, Registry} from '../ports/registry.ts';
import type {Unpacker} from '../ports/unpacker.ts';
import type {Waiting} from '../ports/waiting.ts';
import {createBlobAnswers} from './blob-answers.ts';
import {type CircuitBreaker, createCircuitBreaker, isAccessDenied, isRegistryDown} from './circuit-breaker.ts';
import type {RequestLimiter} from './concurrency.ts';
import {createFreshListing} from './fresh-listing.ts';
import type {Opinion, OtherConnections} from './other-connections.ts';
import type {PartDescriptor} from './parts.ts';
import {
	createInterning,
	type Found,
	type FoundFact,
	isFound,
	type ManifestFact,
	readManifest,
} from './read-manifest.ts';
import {createUnpackedLayers} from './unpacked-layers.ts';

/**
 * The registry's answers for one repository, shared by all walks. A digest is requested once; a caller that asks while the
 * request is under way waits for the same answer. Errors are not remembered.
 */
export type AnswerCache = {
	manifest(digest: Digest): ManifestFact | Promise<ManifestFact>;
	blob(descriptor: PartDescriptor, onBytes?: (count: number) => void): BlobAnswer | Promise<BlobAnswer>;
	/** What a layer is unpacked, which `blob` has done at depth unpack; undefined: it was not unpacked. */
	unpacked(layer: PartDescriptor): UnpackedLayer | undefined;
	/** What an image config says, which `blob` has read; undefined: it was not read. */
	config(digest: Digest): ConfigFact | undefined;
	/** The platform that an image config names, empty for none; undefined: it could not be read. */
	platform(config: PartDescriptor): Promise<string | undefined>;
	/** Asks for a part over other connections, once in a run. */
	elsewhere(descriptor: PartDescriptor): Promise<Opinion[]>;
	/** Asks for what a tag or digest names over other connections. */
	topElsewhere(reference: string): Promise<Opinion[]>;
	/** A tag is requested every time: it may have moved. */
	tag(tag: string): Promise<ManifestAnswer>;
	/** Remembers the manifest that a tag resolved to, by its digest. */
	learn(answer: Found): FoundFact;
	/** The list as of this call or later: tags of an older list may have been deleted since. */
	tags(): Promise<ReadonlySet<string> | undefined>;
	/** Distinct indexes so far. */
	indexes(): number;
	/** Distinct blobs so far of which only the size was checked. */
	sizeOnly(): number;
};

/** A config is some kilobytes. Of a larger one than any builder writes the last byte is read, like that of a layer. */
export const largestConfig = 32 * 1024 * 1024;

function isReadWhole({layers, size}: PartDescriptor): boolean {
	return layers !== undefined && size <= largestConfig;
}

type AnswerCacheOptions = Waiting & {
	depth: Depth;
	limiter: RequestLimiter;
	breaker: CircuitBreaker;
	others: OtherConnections;
	/** For depth unpack. */
	unpacker?: Unpacker;
};

export function createAnswerCache(
	registry: Registry,
	repository: string,
	{depth, signal, limiter, breaker, others, unpacker}: AnswerCacheOptions,
): AnswerCache {
	const manifests = new Map<Digest, ManifestFact>();
	const blobs = createBlobAnswers();
	const pending = new Map<string, Promise<unknown>>();
	const interning = createInterning();
	const access = createCircuitBreaker(isAccessDenied);
	const own = createCircuitBreaker(isRegistryDown);
	const opinions = new Map<Digest, Promise<Opinion[]>>();
	const configs = new Map<Digest, ConfigFact>();
	const layers = createUnpackedLayers(depth === 'unpack' ? unpacker : undefined);
	const asked = depth === 'unpack' ? 'content' : depth;
	let indexes = 0;

	function request<T>(ask: () => Promise<T>): Promise<T> {
		return limiter.run(() => access.run(repository, () => own.run(repository, () => breaker.run(repository, ask))));
	}

	function together<T>(key: string, ask: () => Promise<T>): Promise<T> {
		const underWay = pending.get(key) as Promise<T> | undefined;
		if (underWay !== undefined) {
			return underWay;
		}

		const asked = ask().finally(() => pending.delete(key));
		pending.set(key, asked);
		return asked;
	}

	function remember<Fact extends ManifestFact>(digest: Digest, fact: Fact): Fact {
		manifests.set(digest, fact);
		indexes += fact.state === 'read' && fact.kind === 'index' ? 1 : 0;
		return fact;
	}

	function keepConfig(digest: Digest): (bytes: Uint8Array) => void {
		return bytes => {
			const fact = configFact(parseConfig(bytes), {keepsDiffIds: depth === 'unpack'});
			configs.set(digest, fact.state === 'read' ? {...fact, platform: interning.text(fact.platform)} : fact);
		};
	}

	async function askElsewhere({role, digest, size}: PartDescriptor): Promise<Opinion[]> {
		const answers = await others.ask<BlobAnswer | ManifestAnswer>(other =>
			role === 'manifest'
				? other.manifest(repository, digest, {signal})
				: other.blob(repository, {digest, size}, asked, {signal}),
		);
		return answers.map(opinionOf);
	}

	return {
		manifest(digest) {
			return (
				manifests.get(digest) ??
				together(`m ${digest}`, async () => {
					const answer = await request(() => registry.manifest(repository, digest, {signal}));
					const fact = answer.state === 'found' ? readManifest(answer, digest, interning) : answer;
					return manifests.get(digest) ?? remember(digest, fact);
				})
			);
		},

		blob(descriptor, onBytes) {
			const {digest, size, mediaType} = descriptor;
			const isToUnpack = layers.lacks(descriptor);
			const known = isToUnpack ? undefined : blobs.get(descriptor);
			return (
				known ??
				together(`b ${digest} ${size}${isToUnpack ? ` ${mediaType}` : ''}`, async () => {
					const blob = {digest, size, ...(mediaType === undefined ? {} : {mediaType})};
					const reads = depth !== 'head' && isReadWhole(descriptor);
					const waiting = {signal, ...(onBytes && {onBytes}), ...(reads && {onContent: keepConfig(digest)})};
					const ask = (observer: Pick<BlobObserver, 'onChunk'> = {}) =>
						request(() => registry.blob(repository, blob, reads ? 'content' : asked, {...waiting, ...observer}));
					return blobs.remember(descriptor, await (isToUnpack ? layers.during(descriptor, ask) : ask()));
				})
			);
		},

		unpacked: layers.get,

		config: digest => configs.get(digest),

		platform: ({digest, size}) =>
			together(`p ${digest} ${size}`, async () => {
				if (!configs.has(digest)) {
					const onContent = keepConfig(digest);
					await request(() => registry.blob(repository, {digest, size}, 'content', {signal, onContent}));
				}

				const fact = configs.get(digest);
				return fact && (fact.state === 'read' ? fact.platform : '');
			}),

		elsewhere(descriptor) {
			const known = opinions.get(descriptor.digest) ?? askElsewhere(descriptor);
			opinions.set(descriptor.digest, known);
			return known;
		},

		topElsewhere: async reference =>
			(await others.ask(other => other.manifest(repository, reference, {signal}))).map(opinionOf),

		tag: tag => request(() => registry.manifest(repository, tag, {signal})),

		learn(answer) {
			// Where the claimed digest is not that of the bytes, nothing can be remembered under either.
			if (answer.claimed !== undefined) {
				return readManifest(answer, undefined, interning);
			}

			const known = manifests.get(answer.digest);
			if (known !== undefined && isFound(known)) {
				return known;
			}

			const fact = readManifest(answer, undefined, interning);
			return known === undefined ? remember(answer.digest, fact) : fact;
		},

		tags: createFreshListing(async () => {
			const tags = await request(() => registry.tags(repository, {signal}));
			return tags && new Set(tags);
		}),

		indexes: () => indexes,
		sizeOnly: blobs.sizeOnly,
	};
}

function opinionOf(answer: BlobAnswer | ManifestAnswer): Opinion {
	return {state: answer.state, status: 'status' in answer ? answer.status : 200};
}
