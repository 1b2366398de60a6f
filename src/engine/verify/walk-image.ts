import {defined} from '../../domain/defined.ts';
import {type ImageReference, target} from '../../domain/image/reference.ts';
import type {Depth, ImageCheck, RegistryRole} from '../../domain/image/verdict.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import {type AnswerCache, createAnswerCache} from './answer-cache.ts';
import {createCircuitBreaker, isRegistryDown} from './circuit-breaker.ts';
import {createRequestLimiter, type RequestLimiter} from './concurrency.ts';
import {checkMissingImage} from './missing-image.ts';
import {unlessMoved} from './moved-tag.ts';
import type {WalkProgress} from './progress.ts';
import {walkParts} from './walk-parts.ts';

export type WalkerOptions = Waiting & {
	depth: Depth;
	/** A cache may lack children, and what belongs to them. */
	role?: RegistryRole;
	/** By default, as many requests at a time as the registry can bear. */
	limiter?: RequestLimiter;
};

export type ImageOptions = {
	/** `linux/arm64`: of an index, only this platform. */
	platform?: string;
	onProgress?: (progress: WalkProgress) => void;
};

/** Walks many images of one registry: one request a distinct (repository, digest), however many tags share it. */
export type Walker = {
	/**
	 * Checks everything that a pull of the image needs, and reports every fault, not only the first.
	 * @throws OperatorError image.absent | image.platform-absent, and whatever keeps the registry from answering for the top manifest
	 */
	walk(reference: ImageReference, options?: ImageOptions): Promise<ImageCheck>;
	/** Distinct indexes met in a repository so far. */
	indexes(repository: string): number;
	/** Drops the cached answers of a repository whose images are all walked. */
	forget(repository: string): void;
};

export function createWalker(registry: Registry, options: WalkerOptions): Walker {
	const {depth, signal, role = 'authoritative'} = options;
	const limiter = options.limiter ?? createRequestLimiter({signal, busy: () => registry.busy()});
	const breaker = createCircuitBreaker(isRegistryDown);
	const caches = new Map<string, AnswerCache>();

	function cacheOf(repository: string): AnswerCache {
		const cache = caches.get(repository) ?? createAnswerCache(registry, repository, {depth, signal, limiter, breaker});
		caches.set(repository, cache);
		return cache;
	}

	return {
		async walk(reference, image = {}) {
			signal.throwIfAborted();
			const cache = cacheOf(reference.repository);
			const options = {depth, signal, isCache: role === 'cache', ...image};
			const {digest} = reference;

			if (digest !== undefined) {
				const fact = await cache.manifest(digest);
				return fact.state === 'missing' || fact.state === 'unreadable'
					? checkMissingImage(reference, fact, cache.tags)
					: walkParts(cache, reference, {digest, fact}, options);
			}

			const ask = () => cache.tag(target(reference));
			const first = await ask();
			const check =
				first.state === 'found'
					? await walkParts(
							cache,
							reference,
							{digest: first.claimed ?? first.digest, fact: cache.learn(first)},
							options,
						)
					: await checkMissingImage(reference, first, cache.tags);

			return check.faults.length === 0 ? check : unlessMoved(check, {reference, first, ask, signal});
		},

		indexes: repository => caches.get(repository)?.indexes() ?? 0,
		forget: repository => void caches.delete(repository),
	};
}

/**
 * Walks one image.
 * @throws OperatorError image.absent | image.platform-absent, and whatever keeps the registry from answering for the top manifest
 */
export function walkImage(
	registry: Registry,
	reference: ImageReference,
	{platform, onProgress, ...options}: WalkerOptions & ImageOptions,
): Promise<ImageCheck> {
	return createWalker(registry, options).walk(reference, defined({platform, onProgress}));
}
