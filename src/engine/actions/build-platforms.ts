import {platformsIn} from '../../domain/image/platforms-in.ts';
import type {PlatformLoss} from '../../domain/incident/tag-write.ts';
import {lostPlatforms} from '../../domain/remedy/compare-to-original.ts';
import type {ActionContext} from './action.ts';
import type {SeenTag} from './tag-writes.ts';

/**
 * What the tags have, or the original had, beside what is built. A loss that no configuration names (`fallback.platforms`) is unsaid.
 * @param own what the host builds for where nothing else is asked; undefined: it could not be told
 */
export function platformLoss(
	{configured, own}: {configured: readonly string[] | undefined; own: string | undefined},
	pushed: readonly SeenTag[],
	{original}: ActionContext,
): PlatformLoss {
	const children = pushed.flatMap(({check}) => check?.children ?? []);
	const named = [
		...(original?.platforms ?? []),
		...pushed.flatMap(({check}) => (check === undefined ? [] : (platformsIn(check) ?? []))),
	];
	const builds = configured ?? (own === undefined ? [] : [own]);
	// Where two tags differ in it, the one that can be pulled counts.
	const verdictOf = (platform: string) => {
		const verdicts = children.filter(child => child.platform === platform).map(({verdict}) => verdict);
		return verdicts.includes('intact') ? 'intact' : (verdicts[0] ?? 'broken');
	};
	const loses = lostPlatforms(named, builds).map(platform => ({platform, verdict: verdictOf(platform)}));
	// One platform alone is not lost to a host of which it is not known what it builds for.
	const lost = builds.length === 0 && loses.length === 1 ? [] : loses;
	return {
		...(builds.length > 0 && {builds: builds.join(', ')}),
		loses: lost,
		...(configured === undefined && lost.length > 0 && {unsaid: true as const}),
	};
}
