import {normalPlatform} from '../image/platform.ts';
import type {Recipe} from './dockerfile.ts';

/** What a host can build. `emulates`: whose programs it runs beside its own. `onePlatform`: why it builds one at a time. */
type Host = {program?: string; platform?: string; emulates: readonly string[]; onePlatform?: string};

/**
 * Why a host cannot build an image for these platforms; undefined: nothing is known that stands against it. A Dockerfile that runs
 * nothing needs no emulation, whatever it is built for.
 * @param recipe undefined: the Dockerfile could not be read
 */
export function whyNotBuildable(
	platforms: readonly string[],
	{platform, emulates, onePlatform}: Host,
	recipe: Recipe | undefined,
): {platforms: string[]; why: string} | undefined {
	if (platforms.length > 1 && onePlatform !== undefined) {
		return {platforms: [...platforms], why: onePlatform};
	}

	if (platform === undefined || recipe?.runs !== true) {
		return undefined;
	}

	const runs = new Set([platform, ...emulates].map(normalPlatform));
	const foreign = platforms.filter(each => !runs.has(normalPlatform(each)));
	return foreign.length === 0
		? undefined
		: {
				platforms: foreign,
				why: `the Dockerfile runs programs (RUN), the host is ${platform}, and no emulation of another platform is registered on it`,
			};
}
