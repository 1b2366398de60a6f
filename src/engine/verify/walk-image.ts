import type {ImageReference} from '../../domain/image/reference.ts';
import type {ImageCheck} from '../../domain/image/verdict.ts';
import type {Registry} from '../ports/registry.ts';
import {createPace} from './asking/pace.ts';
import {createWalker, type ImageOptions, type WalkerOptions} from './walker.ts';

export type {WalkProgress} from './progress.ts';

export type WalkOptions = WalkerOptions &
	ImageOptions & {
		/** Exactly so many requests under way at a time. */
		concurrency?: number;
	};

/**
 * Walks one image.
 * @throws OperatorError image.absent | image.platform-absent, and whatever keeps the registry from answering for the top manifest
 */
export function walkImage(
	registry: Registry,
	reference: ImageReference,
	{concurrency, platform, onProgress, ...options}: WalkOptions,
): Promise<ImageCheck> {
	const {signal} = options;
	const pace =
		concurrency === undefined
			? {}
			: {pace: createPace({signal, busy: () => registry.busy(), first: concurrency, most: concurrency})};
	return createWalker(registry, {...options, ...pace}).walk(reference, {
		...(platform === undefined ? {} : {platform}),
		...(onProgress === undefined ? {} : {onProgress}),
	});
}
