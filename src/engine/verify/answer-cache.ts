import type {Digest} from '../../domain/image/digest.ts';
import {configPlatform} from '../../domain/image/platform.ts';
import type {Depth} from '../../domain/image/verdict.ts';
import type {BlobAnswer, ManifestAnswer, Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import {type CircuitBreaker, createCircuitBreaker, isAccessDenied, isRegistryDown} from './circuit-breaker.ts';
import type {RequestLimiter} from './concurrency.ts';
import type {PartDescriptor} from './parts.ts';
import {
	createInterning,
	type Found,
	type FoundFact,
	isFound,
	type ManifestFact,
	readManifest,
} from './read-manifest.ts';

/**
 * The registry's answers for one repository, shared by all walks. A digest is requested once; a caller that asks while the
 * request is under way waits for the same answer. Errors are not remembered.
 */
export type AnswerCache = {
	manifest(digest: Digest): ManifestFact | Promise<ManifestFact>;
	blob(descriptor: PartDescriptor, onBytes?: (count: number) => void): BlobAnswer | Promise<BlobAnswer>;
	/** The platform that an image config names, empty for none; undefined: it could not be read. */
	platform(config: PartDescriptor): Promise<string | undefined>;
	/** Asks for a part over so many connections of its own, once in a run. */
	elsewhere(descriptor: PartDescriptor): Promise<Opinion[]>;
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

/** What another connection was answered. */
type Opinion = {state: string; status: number};
/** A balancer that takes turns leads one of so many connections to another registry. */
const connectionsElsewhere = 2;

type AnswerCacheOptions = Waiting & {depth: Depth; limiter: RequestLimiter; breaker: CircuitBreaker};

export function createAnswerCache(
	registry: Registry,
	repository: string,
	{depth, signal, limiter, breaker}: AnswerCacheOptions,
): AnswerCache {
	const manifests = new Map<Digest, ManifestFact>();
	const blobs = createBlobAnswers();
	const pending = new Map<string, Promise<unknown>>();
	const interning = createInterning();
	const access = createCircuitBreaker(isAccessDenied);
	const own = createCircuitBreaker(isRegistryDown);
	const opinions = new Map<Digest, Promise<Opinion[]>>();
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

	async function askElsewhere({role, digest, size}: PartDescriptor): Promise<Opinion[]> {
		const opinions: Opinion[] = [];
		for (let made = 0; made < connectionsElsewhere; made++) {
			const other = registry.fresh();
			try {
				const answer = await (role === 'manifest'
					? other.manifest(repository, digest, {signal})
					: other.blob(repository, {digest, size}, depth, {signal}));
				opinions.push({state: answer.state, status: 'status' in answer ? answer.status : 200});
			} finally {
				await other.close();
			}
		}

		return opinions;
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
			return (
				blobs.get(descriptor) ??
				together(`b ${digest} ${size}`, async () => {
					const blob = {digest, size, ...(mediaType === undefined ? {} : {mediaType})};
					const waiting = {signal, ...(onBytes === undefined ? {} : {onBytes})};
					return blobs.remember(descriptor, await request(() => registry.blob(repository, blob, depth, waiting)));
				})
			);
		},

		platform: ({digest, size}) =>
			together(`p ${digest} ${size}`, async () => {
				let platform: string | undefined;
				const onContent = (bytes: Uint8Array) => {
					platform = configPlatform(new TextDecoder().decode(bytes));
				};
				await request(() => registry.blob(repository, {digest, size}, 'content', {signal, onContent}));
				return platform;
			}),

		elsewhere(descriptor) {
			const known = opinions.get(descriptor.digest) ?? askElsewhere(descriptor);
			opinions.set(descriptor.digest, known);
			return known;
		},

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

type BlobKey = Pick<PartDescriptor, 'digest' | 'size'>;

/** Answers by digest and expected size, in as little memory as a large repository needs. */
function createBlobAnswers() {
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

/**
 * Shares a listing among concurrent callers, but never one that began before the call: a tag that answers 404 may have been
 * deleted since. Callers that arrive during a listing share the next one.
 */
function createFreshListing<Names>(list: () => Promise<Names>): () => Promise<Names> {
	let underWay: Promise<Names> | undefined;
	let next: Promise<Names> | undefined;

	function begin(): Promise<Names> {
		const begun = list().finally(() => {
			if (underWay === begun) {
				underWay = undefined;
			}
		});
		underWay = begun;
		next = undefined;
		return begun;
	}

	return () => {
		if (underWay === undefined) {
			return begin();
		}

		next ??= underWay.then(begin, begin);
		return next;
	};
}
