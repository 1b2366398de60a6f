import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import {platformsIn} from '../../domain/image/platforms-in.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import type {Change} from '../../domain/incident/change.ts';
import type {FallbackBuild} from '../../domain/incident/settings.ts';
import type {PlatformLoss} from '../../domain/incident/tag-write.ts';
import {lostPlatforms} from '../../domain/remedy/compare-to-original.ts';
import type {Builder} from '../ports/builder.ts';
import type {ActionContext} from './action.ts';
import {lookAtTags, type SeenTag} from './tag-writes.ts';

type BuildAndPush = Extract<Change, {kind: 'build-and-push'}>;

/**
 * The incident's own tag and the configured ones, as they are now: those that are intact are left alone. No other tag is pushed,
 * whatever else names the same digest.
 * @throws OperatorError build.nothing-to-push
 */
export async function plannedPush(
	builder: Builder,
	image: ImageReference,
	build: FallbackBuild,
	context: ActionContext,
): Promise<BuildAndPush> {
	const {host, repository, tag: own} = image;
	const wanted = [...new Set([...(own === undefined ? [] : [own]), ...build.tags])];
	const seen = await lookAtTags(image, wanted, context);
	const isPushed = ({write: {tag, verdict}}: SeenTag) =>
		verdict === 'broken' || verdict === 'absent' || (verdict === 'unknown' && tag === own);
	const pushed = seen.filter(isPushed);
	if (pushed.length === 0) {
		throw nothingToPush(image, seen);
	}

	const {git, context: folder, dockerfile} = build;
	const leaves = seen.filter(each => !isPushed(each)).map(({write}) => write);
	return {
		kind: 'build-and-push',
		git,
		context: folder,
		dockerfile,
		images: pushed.map(({write: {tag}}) => formatReference({host, repository, tag})),
		writes: pushed.map(({write}) => write),
		...(leaves.length > 0 && {leaves}),
		platforms: await platformLoss(builder, build, pushed, context),
	};
}

function nothingToPush(image: ImageReference, seen: readonly SeenTag[]): OperatorError {
	const name = formatReference(image);
	return seen.length === 0
		? new OperatorError('build.nothing-to-push', `${name} has no tag that a build could push.`, {
				hint: 'Name one in images.….fallback.tags.',
				exit: 'configuration',
			})
		: new OperatorError('build.nothing-to-push', 'None of the tags that this build would push is broken now.', {
				hint: `Check ${name} again: it may have been repaired meanwhile.`,
				exit: 'failed',
			});
}

/** The host builds for one platform; what the tags have beside it is lost. */
async function platformLoss(
	builder: Builder,
	{builder: program, environment}: FallbackBuild,
	pushed: readonly SeenTag[],
	context: ActionContext,
): Promise<PlatformLoss> {
	const children = pushed.flatMap(({check}) => check?.children ?? []);
	const named = [
		...(context.original?.platforms ?? []),
		...pushed.flatMap(({check}) => (check === undefined ? [] : (platformsIn(check) ?? []))),
	];
	const builds = await builder.platform({program, environment}, context).catch(error => {
		context.signal.throwIfAborted();
		asOperatorError(error);
		return undefined;
	});
	const lost = lostPlatforms(named, builds === undefined ? [] : [builds]);
	// Where two tags differ in it, the one that can be pulled counts.
	const verdictOf = (platform: string) => {
		const verdicts = children.filter(child => child.platform === platform).map(({verdict}) => verdict);
		return verdicts.includes('intact') ? 'intact' : (verdicts[0] ?? 'broken');
	};
	const loses = lost.map(platform => ({platform, verdict: verdictOf(platform)}));
	// One platform alone is not lost to a host of which it is not known what it builds for.
	return builds === undefined ? {loses: loses.length > 1 ? loses : []} : {builds, loses};
}
