import {defined} from '../../domain/defined.ts';
import type {Reason} from '../../domain/error-codes.ts';
import {asOperatorError} from '../../domain/errors.ts';
import {type MeantPlatforms, platformsMeant} from '../../domain/image/meant-platforms.ts';
import {formatReference, type ImageReference, target} from '../../domain/image/reference.ts';
import type {Depth, ImageCheck, RegistryRole} from '../../domain/image/verdict.ts';
import type {ManifestAnswer, Registry} from '../ports/registry.ts';
import type {Unpacker} from '../ports/unpacker.ts';
import type {Waiting} from '../ports/waiting.ts';
import {type AnswerCache, createAnswerCache} from './answer-cache.ts';
import {createCircuitBreaker, isRegistryDown} from './circuit-breaker.ts';
import {createRequestLimiter, type RequestLimiter} from './concurrency.ts';
import {imagePlatforms} from './image-platforms.ts';
import {checkMissingImage} from './missing-image.ts';
import {createOtherConnections} from './other-connections.ts';
import {isFound} from './read-manifest.ts';
import {unlessElsewhere} from './second-opinion.ts';
import type {WalkProgress} from './walk-parts.ts';
import {walkParts} from './walk-parts.ts';

export type WalkerOptions = Waiting & {
	depth: Depth;
	/** A cache may lack children, and what belongs to them. */
	role?: RegistryRole;
	/** Children of other platforms may be absent. */
	platforms?: MeantPlatforms;
	/** For depth unpack. */
	unpacker?: Unpacker;
	/** By default, as many requests at a time as the registry can bear. */
	limiter?: RequestLimiter;
};

export type ImageOptions = {
	/** `linux/arm64`: only this platform, which has to be there. */
	platform?: string;
	/** All of these have to be there. */
	require?: readonly string[];
	onProgress?: (progress: WalkProgress) => void;
};

/** Walks many images of one registry: one request a distinct (repository, digest), however many tags share it. */
export type Walker = {
	/**
	 * Checks everything that a pull of the image needs, and reports every fault, not only the first.
	 * @throws OperatorError image.absent, and whatever keeps the registry from answering for the top manifest
	 */
	walk(reference: ImageReference, options?: ImageOptions): Promise<ImageCheck>;
	/** The platforms of an image that this walker has checked. Undefined: not all of them are known. */
	platforms(reference: ImageReference, check: ImageCheck): Promise<string[] | undefined>;
	/** Distinct indexes met in a repository so far. */
	indexes(repository: string): number;
	/** Distinct blobs of a repository so far of which only the size was checked. */
	sizeOnly(repository: string): number;
	/** Drops the cached answers of a repository whose images are all walked. */
	forget(repository: string): void;
};

export function createWalker(registry: Registry, options: WalkerOptions): Walker {
	const {depth, signal, role = 'authoritative', platforms = {}, unpacker} = options;
	if (depth === 'unpack' && unpacker === undefined) {
		throw new Error('Depth unpack needs an unpacker.');
	}

	const limiter = options.limiter ?? createRequestLimiter({signal, busy: () => registry.busy()});
	const breaker = createCircuitBreaker(isRegistryDown, {leastRepositories: 2});
	const caches = new Map<string, AnswerCache>();
	const others = createOtherConnections(registry, {limiter, signal});

	function cacheOf(repository: string): AnswerCache {
		const cache =
			caches.get(repository) ??
			createAnswerCache(registry, repository, {depth, signal, limiter, breaker, others, ...defined({unpacker})});
		caches.set(repository, cache);
		return cache;
	}

	async function walkOne(reference: ImageReference, image: ImageOptions): Promise<ImageCheck> {
		signal.throwIfAborted();
		const cache = cacheOf(reference.repository);
		const meant = platformsMeant(platforms, reference.repository);
		const isCache = role === 'cache';
		const options = {depth, signal, isCache, ...defined({meant}), ...image};
		const {digest} = reference;
		const checkMissing = (answer: Exclude<ManifestAnswer, {state: 'found'}>) => {
			const first = checkMissingImage(reference, answer, {listTags: cache.tags, isCache});
			const {state, status} = answer;
			return isCache || state !== 'missing' ? first : unlessElsewhere(cache, reference, {status, first, signal});
		};

		if (digest !== undefined) {
			const fact = await cache.manifest(digest);
			return isFound(fact) ? walkParts(cache, reference, {digest, fact}, options) : checkMissing(fact);
		}

		const ask = () => cache.tag(target(reference));
		const first = await ask();
		const check =
			first.state === 'found'
				? await walkParts(cache, reference, {digest: first.claimed ?? first.digest, fact: cache.learn(first)}, options)
				: await checkMissing(first);

		return check.faults.length === 0 ? check : unlessMoved(check, {reference, first, ask, signal});
	}

	return {
		walk: (reference, image = {}) => others.during(() => walkOne(reference, image)),
		platforms: ({repository}, check) => imagePlatforms(cacheOf(repository), check, {signal}),
		indexes: repository => caches.get(repository)?.indexes() ?? 0,
		sizeOnly: repository => caches.get(repository)?.sizeOnly() ?? 0,
		forget: repository => void caches.delete(repository),
	};
}

/**
 * Walks one image.
 * @throws OperatorError image.absent, and whatever keeps the registry from answering for the top manifest
 */
export function walkImage(
	registry: Registry,
	reference: ImageReference,
	{platform, require, onProgress, ...options}: WalkerOptions & ImageOptions,
): Promise<ImageCheck> {
	return createWalker(registry, options).walk(reference, defined({platform, require, onProgress}));
}

type TagRequest = Waiting & {
	reference: ImageReference;
	/** What the tag resolved to when the walk began. */
	first: ManifestAnswer;
	ask: () => Promise<ManifestAnswer>;
};

/**
 * A push during a walk may remove parts of the old image: their absence says nothing about what the tag resolves to now.
 * So the tag is requested again before its image is called broken.
 */
async function unlessMoved(check: ImageCheck, {reference, first, ask, signal}: TagRequest): Promise<ImageCheck> {
	const again = await askAgain(ask, signal);

	if (again === undefined || isSame(first, again)) {
		return check;
	}

	return {
		...check,
		verdict: 'unknown',
		faults: [],
		unchecked: [
			...check.unchecked,
			{
				via: [],
				...(again.state === 'unreadable' || again.state === 'unserved'
					? failing(reference, again.detail)
					: moved(reference)),
			},
		],
		children: check.children.map(child =>
			child.verdict === 'broken' ? {...child, verdict: 'unknown' as const} : child,
		),
	};
}

function moved(reference: ImageReference): Reason {
	return {
		code: 'tag-moved',
		message: `${formatReference(reference)} moved while it was checked.`,
		hint: 'Someone is pushing to this tag. Verify it again.',
	};
}

/** The registry served this manifest a moment ago, so its failures say nothing about the parts either. */
function failing({host}: ImageReference, detail: string): Reason {
	return {
		code: 'registry.failing',
		message: `${host} began to fail during the check: ${detail}.`,
		hint: 'Read the registry’s log for the cause.',
	};
}

/** Undefined: no answer, which takes nothing away from the answers before. */
async function askAgain(ask: () => Promise<ManifestAnswer>, signal: AbortSignal): Promise<ManifestAnswer | undefined> {
	try {
		return await ask();
	} catch (error) {
		signal.throwIfAborted();
		asOperatorError(error);
		return undefined;
	}
}

function isSame(first: ManifestAnswer, again: ManifestAnswer): boolean {
	return first.state === 'found' && again.state === 'found'
		? first.digest === again.digest
		: first.state === again.state;
}
