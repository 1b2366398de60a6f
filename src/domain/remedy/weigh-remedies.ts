import {defined} from '../defined.ts';
import {byHandOption} from './by-hand-option.ts';
import {copyBackOption} from './copy-back-option.ts';
import {type Evidence, type Facts, factsIn} from './evidence.ts';
import {relinkChanges, relinkCounts} from './relink-steps.ts';
import type {RemedyOptionKey} from './remedy.ts';
import {block, type RemedyOption} from './remedy-option.ts';
import {repointOption} from './repoint-option.ts';
import {whyNoRestart, whyRestart} from './why-restart.ts';

/** The remedies, the recommended one first. A remedy that is blocked is listed with the reason. */
export function weighRemedies(evidence: Evidence): RemedyOption[] {
	const {underWay, tried, attempts} = evidence;
	const facts = factsIn(evidence);
	const options = optionsFrom(facts, evidence).map(option =>
		facts.storageFails === undefined || ['by-hand', underWay].includes(option.key) || option.blocked !== undefined
			? option
			: {...option, blocked: storageFirst},
	);
	const order = [
		...(underWay === undefined ? [] : [underWay]),
		...orderOf(facts, evidence).filter(key => !tried.includes(key)),
	];
	const best =
		order.find(key => options.some(option => option.key === key && option.blocked === undefined)) ?? 'by-hand';
	return options
		.map(option => (option.key === best ? {...option, recommended: true} : option))
		.map(option => {
			const before = attempts?.get(option.key);
			return option.key !== underWay && tried.includes(option.key)
				? {...option, why: `Tried already. ${option.why}`}
				: before !== undefined
					? {...option, why: `Attempted before, without effect: ${before} ${option.why}`}
					: option;
		})
		.sort((a, b) => rank(a) - rank(b));
}

const anotherRegistry =
	'Another registry responds than the one on this disk: correct storage.root or the proxy in front, then check the image again.';
const storageFirst = 'The registry cannot read its storage: repair that first.';

function orderOf(facts: Facts, {scan, tried}: Evidence): RemedyOptionKey[] {
	// Every remedy would change a registry that was not looked at.
	if (scan?.another !== undefined) {
		return [];
	}

	const isHeld = facts.needsRestart || facts.heldOwn.length > 0;
	const rebuilds: RemedyOptionKey[] =
		facts.ciRunsInImage || facts.ciFailed
			? ['rebuild-fallback', 'rebuild-command', 'rebuild-ci']
			: ['rebuild-ci', 'rebuild-command', 'rebuild-fallback'];
	return [
		...(facts.staleKeys ? (['by-hand'] as const) : []),
		// What only memory still holds is linked again before the registry forgets it; a push would leave it out as well.
		...(facts.relinkSuffices || (isHeld && facts.relinks.length > 0) ? (['relink'] as const) : []),
		...(facts.needsRestart ? (['restart'] as const) : []),
		// A push before the restart would be lost.
		...(facts.isStale && !tried.includes('restart') ? (['by-hand'] as const) : []),
		// The same digest: whoever pinned it, and its signatures, are served again.
		...(facts.isSetBack ? [] : (['copy-back'] as const)),
		...(facts.historySuffices ? (['re-point'] as const) : []),
		// Which of several images of the same time it named last, or whether it is wanted at all, only a person knows.
		...(facts.isSetBack ? [] : [...rebuilds, 're-point' as const]),
	];
}

function rank({recommended, blocked}: RemedyOption): number {
	return recommended ? 0 : blocked === undefined ? 1 : 2;
}

/** Every remedy, with the reason for it and the reason it is blocked. */
function optionsFrom(
	facts: Facts,
	{settings, tag, scan, served, copyBack, tried, underWay, hostRefused}: Evidence,
): RemedyOption[] {
	const {relinks, ciRunsInImage, relinkSuffices, collected, caveats, staleKeys, corrupt, isPartial, aside} = facts;
	const {restart, pipeline, fallback, order} = settings;
	const another = scan?.another !== undefined;
	const isForgotten = tried.includes(staleKeys || restart === undefined ? 'by-hand' : 'restart');
	const byHand = byHandOption(facts, isForgotten || restart !== undefined);
	// HEAD says 200 for a blob that is gone, so a push leaves it out. @see distribution/distribution#4269
	const swallowed =
		collected && !isForgotten
			? `; a registry ${staleKeys ? 'whose keys in Redis were not deleted' : 'that was not restarted'} since the loss treats a push of what is gone as known, and stores nothing`
			: '';
	// 2.8 never overwrites a blob that it has. @see distribution/distribution registry/storage/blobwriter.go moveBlob
	const keptData =
		aside.length > 0
			? `; first move aside ${sayAside(aside)}`
			: corrupt
				? '; a push of a layer that the registry has does not replace its corrupt data: move that data aside on the disk first'
				: '';
	const refusedHost = 'The host refused the login, or its key is not trusted: fix that first, then scan again.';
	const elsewhere =
		'Another build of this image still waits or runs: follow that one, or cancel it and record that by hand.';
	const noRelink = whyNoRelink(facts);
	const resumed = 'Its build may still run: regmedic follows it and starts no second one.';

	return [
		{
			key: 'restart',
			title: 'Restart the registry',
			changes: `runs: ${restart ?? 'the configured restart command'}`,
			risk: 'pulls and pushes fail for some seconds',
			takes: 'under a minute',
			recommended: false,
			why: whyRestart(facts, scan !== undefined),
			...block(another, anotherRegistry),
			...block(restart === undefined, 'No restart command is configured (registries.….storage.restart).'),
			...block(hostRefused, refusedHost),
			...block(facts.heldOwn.length > 0 || facts.heldOthers.length > 0, whyNoRestart(facts)),
		},
		{
			key: 'relink',
			title: relinks.length === 0 ? 'Relink what is still on disk' : `Relink ${relinkCounts(relinks)}`,
			changes: relinkChanges(relinks),
			risk: ['low: the digest stays, nothing is overwritten', ...caveats].join('; '),
			takes: relinks.some(step => step.kind === 'upload-blob') ? 'as long as the upload takes' : 'seconds',
			recommended: false,
			why: relinkSuffices
				? isPartial
					? 'Every damaged part that was found is still on disk, without its link. Not everything could be read: there may be more.'
					: 'Every damaged part is still on disk; only its link is missing.'
				: relinks.length === 0
					? noRelink
					: isPartial
						? 'It restores a part. Not everything on the disk could be read: it is not known whether the rest is there.'
						: 'It restores a part; the rest is gone from the disk.',
			...block(scan === undefined, 'The storage was not scanned: it is not known what is still there.'),
			...block(scan !== undefined && relinks.length === 0, noRelink),
			...block(another, anotherRegistry),
		},
		...copyBackOption(facts, {settings, copyBack, ...block(another, anotherRegistry)}),
		repointOption(facts, defined({scan, served})),
		{
			key: 'rebuild-ci',
			title: 'Rebuild in CI',
			changes: `triggers ${pipeline ? `${pipeline.repository}@${pipeline.branch}` : 'the pipeline'}${sayPushes(pipeline?.pushes)}`,
			risk: `low: the usual build, with its own checks${swallowed}${keptData}`,
			takes: 'as long as the pipeline takes',
			recommended: false,
			why:
				underWay === 'rebuild-ci'
					? resumed
					: ciRunsInImage
						? 'The pipeline itself runs in the broken image: it is likely to fail.'
						: 'It is how the image is usually built.',
			...block(pipeline === undefined, 'No pipeline is configured for this image (images.….build).'),
			...block(
				tag !== undefined && pipeline?.pushes?.includes(tag) === false,
				`Its pipeline does not push ${tag} (images.….build.pushes).`,
			),
			...block(underWay === 'rebuild-fallback', elsewhere),
		},
		...(order === undefined
			? []
			: [
					{
						key: 'rebuild-command' as const,
						title: 'Rebuild by the configured command',
						changes: `runs: ${order.command}${sayPushes(order.pushes)}`,
						risk: `low: the usual build, with its own checks${swallowed}${keptData}`,
						takes: 'as long as the build takes',
						recommended: false,
						why: ciRunsInImage
							? 'What builds it runs in the broken image: it is likely to fail.'
							: 'It is how the image is usually built.',
						...block(
							tag !== undefined && order.pushes?.includes(tag) === false,
							`Its build does not push ${tag} (images.….build.pushes).`,
						),
					},
				]),
		{
			key: 'rebuild-fallback',
			title: `Rebuild without CI, on ${fallback?.place ?? 'a fallback host'}`,
			changes: 'clones, builds and pushes those of its tags that are not intact',
			risk: `one platform only, and none of the pipeline’s checks${swallowed}${keptData}`,
			takes: 'minutes',
			recommended: false,
			why:
				underWay === 'rebuild-fallback'
					? resumed
					: ciRunsInImage
						? 'The pipeline runs in the broken image and cannot repair it.'
						: 'For when CI cannot build it.',
			...block(fallback?.place === undefined, 'No fallback build is configured for this image (images.….fallback).'),
			...block(hostRefused && fallback?.place !== 'this machine', refusedHost),
			...block(underWay === 'rebuild-ci', elsewhere),
		},
		another ? {...byHand, why: anotherRegistry} : byHand,
	];
}

function sayPushes(pushes: readonly string[] | undefined): string {
	return pushes === undefined ? '; which tags it pushes is not declared' : ` and pushes ${pushes.join(', ')}`;
}

function sayAside(paths: readonly string[]): string {
	const more = paths.length > 1 ? ` and ${paths.length - 1} more` : '';
	return `${paths[0]}${more} on the host: no push replaces what is there`;
}

function whyNoRelink({relinkBlockedBy, isPartial, isClean}: Facts): string {
	if (relinkBlockedBy.length > 0) {
		return `First move aside ${sayAside(relinkBlockedBy)}. Then check the image again.`;
	}

	if (isPartial) {
		return 'Nothing was found that can be relinked; not everything on the disk could be read.';
	}

	return isClean ? 'The scan found no link that is missing.' : 'Nothing that is missing is still on disk.';
}
