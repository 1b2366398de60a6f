import {asOperatorError} from '../../domain/errors.ts';
import {parseManifest} from '../../domain/image/manifest.ts';
import {isIndexType} from '../../domain/image/media-type.ts';
import {configPlatform} from '../../domain/image/platform.ts';
import {platformsIn} from '../../domain/image/platforms-in.ts';
import type {ImageCheck} from '../../domain/image/verdict.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';

/** A config is some kilobytes; what is larger is not read for its platform alone. */
const largestConfig = 4 * 1024 * 1024;

/** The platforms of an image that was checked; of a single image, that of its config. Undefined: not all of them are known. */
export async function imagePlatforms(
	registry: Registry,
	repository: string,
	check: ImageCheck,
	{signal}: Waiting,
): Promise<string[] | undefined> {
	const {digest, mediaType} = check;
	if (digest === undefined || isIndexType(mediaType)) {
		return platformsIn(check);
	}

	let platform = '';
	try {
		const answer = await registry.manifest(repository, digest, {signal});
		const parsed = answer.state === 'found' ? parseManifest(new TextDecoder().decode(answer.bytes)) : undefined;
		const config = parsed?.ok && parsed.manifest.kind === 'image' ? parsed.manifest.config : undefined;
		if (config !== undefined && config.size <= largestConfig) {
			await registry.blob(repository, config, 'content', {
				signal,
				onContent: bytes => {
					platform = configPlatform(new TextDecoder().decode(bytes));
				},
			});
		}
	} catch (error) {
		signal.throwIfAborted();
		asOperatorError(error);
	}

	return platform === '' ? undefined : [platform];
}
