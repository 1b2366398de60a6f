import {asOperatorError} from '../../domain/errors.ts';
import {isIndexType} from '../../domain/image/media-type.ts';
import {platformsIn} from '../../domain/image/platforms-in.ts';
import type {ImageCheck} from '../../domain/image/verdict.ts';
import type {Waiting} from '../ports/waiting.ts';
import {type AnswerCache, largestConfig} from './answer-cache.ts';

/**
 * The platforms of an image that was checked; of a single image, that of its config, which is only asked for where the walk has not
 * read it. Undefined: not all of them are known.
 */
export async function imagePlatforms(
	cache: AnswerCache,
	check: ImageCheck,
	{signal}: Waiting,
): Promise<string[] | undefined> {
	const {digest, mediaType} = check;
	if (digest === undefined || isIndexType(mediaType)) {
		return platformsIn(check);
	}

	try {
		const fact = await cache.manifest(digest);
		const config =
			fact.state === 'read' ? fact.descriptors.find(({role}) => role === 'config' && fact.kind === 'image') : undefined;
		const platform = config && config.size <= largestConfig ? await cache.platform(config) : undefined;
		return platform ? [platform] : undefined;
	} catch (error) {
		signal.throwIfAborted();
		asOperatorError(error);
		return undefined;
	}
}
