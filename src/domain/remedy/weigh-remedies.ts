import {defined} from '../defined.ts';
import {formatReference} from '../image/reference.ts';
import type {ChoiceOption} from '../incident/asked.ts';
import {type Evidence, type Facts, factsIn} from './evidence.ts';
import {relinkChanges, relinkCounts} from './relink-steps.ts';
import type {RemedyOptionKey} from './remedy.ts';

/** One row of the decision table. `takes`: an estimate of the time. */
type RemedyOption = Required<Omit<ChoiceOption, 'key' | 'blocked'>> & {key: RemedyOptionKey; blocked?: string};

/** The remedies, the recommended one first. A remedy that is blocked is listed with the reason. */
export function weighRemedies(evidence: Evidence): RemedyOption[] {
	const {underWay, tried} = evidence;
	const facts = factsIn(evidence);
	const options = optionsFrom(facts, evidence);
	const order = [...(underWay === undefined ? [] : [underWay]), ...orderOf(facts).filter(key => !tried.includes(key))];
	const best =
		order.find(key => options.some(option => option.key === key && option.blocked === undefined)) ?? 'by-hand';
	return options
		.map(option => (option.key === best ? {...option, recommended: true} : option))
		.map(option =>
			option.key !== underWay && tried.includes(option.key) ? {...option, why: `Tried already. ${option.why}`} : option,
		)
		.sort((a, b) => rank(a) - rank(b));
}

function orderOf(facts: Facts): RemedyOptionKey[] {
	const rebuilds: RemedyOptionKey[] =
		facts.ciRunsInImage || facts.ciFailed ? ['rebuild-fallback', 'rebuild-ci'] : ['rebuild-ci', 'rebuild-fallback'];
	return [
		...(facts.needsRestart ? (['restart'] as const) : []),
		...(facts.relinkSuffices ? (['relink'] as const) : []),
		...rebuilds,
		're-point',
	];
}

function rank({recommended, blocked}: RemedyOption): number {
	return recommended ? 0 : blocked === undefined ? 1 : 2;
}

/** Every remedy, with the reason for it and the reason it is blocked. */
function optionsFrom(facts: Facts, {settings, scan, tried, underWay, hostRefused}: Evidence): RemedyOption[] {
	const {relinks, ciRunsInImage, needsRestart, relinkSuffices, remembers, collected, caveats} = facts;
	const {restart, pipeline, fallback} = settings;
	const sibling = scan?.sibling === undefined ? undefined : formatReference(scan.sibling);
	// HEAD says 200 for a blob that is gone, so a push leaves it out. @see distribution/distribution#4269
	const swallowed =
		collected && !tried.includes('restart')
			? '; a registry that was not restarted since the collection treats a push of what is gone as known, and stores nothing'
			: '';
	const refusedHost = 'The host refused the login, or its key is not trusted: fix that first, then scan again.';
	const elsewhere =
		'Another build of this image still waits or runs: follow that one, or cancel it and record that by hand.';
	const resumed = 'Its build may still run: regmedic follows it and starts no second one.';

	return [
		{
			key: 'restart',
			title: 'Restart the registry',
			changes: `runs: ${restart ?? 'the configured restart command'}`,
			risk: 'pulls and pushes fail for some seconds',
			takes: 'under a minute',
			recommended: false,
			why: remembers
				? 'The registry answers from memory for data that is gone from the disk: a push would leave it out. Restart first, then rebuild.'
				: needsRestart
					? 'The disk holds every part; the registry answers from memory.'
					: scan
						? 'The disk itself is damaged; a restart restores nothing.'
						: 'The disk was not scanned: a restart helps only if the registry answers from memory.',
			...block(restart === undefined, 'No restart command is configured (registries.….storage.restart).'),
			...block(hostRefused, refusedHost),
		},
		{
			key: 'relink',
			title: relinks.length === 0 ? 'Relink what is still on disk' : `Relink ${relinkCounts(relinks)}`,
			changes: relinkChanges(relinks),
			risk: ['low: the digest stays, nothing is overwritten', ...caveats].join('; '),
			takes: relinks.some(step => step.kind === 'upload-blob') ? 'as long as the upload takes' : 'seconds',
			recommended: false,
			why: relinkSuffices
				? 'Every damaged part is still on disk; only its link is missing.'
				: relinks.length > 0
					? 'It restores a part; the rest is gone from the disk.'
					: 'Nothing that is missing is still on disk.',
			...block(scan === undefined, 'The storage was not scanned: it is not known what is still there.'),
			...block(scan !== undefined && relinks.length === 0, 'Nothing that is missing is still on disk.'),
		},
		{
			key: 're-point',
			title: sibling === undefined ? 'Re-point the tag to an intact sibling' : `Re-point the tag to ${sibling}`,
			changes: 'the tag names another, older image',
			risk: 'users get an older build; users who pinned the old digest stay broken',
			takes: 'seconds',
			recommended: false,
			why: 'It ends the outage while the rebuild runs, if the older image is acceptable.',
			...block(sibling === undefined, 'No other tag of this repository is known to be intact.'),
		},
		{
			key: 'rebuild-ci',
			title: 'Rebuild in CI',
			changes: `triggers ${pipeline ? `${pipeline.repository}@${pipeline.branch}` : 'the pipeline'} and pushes the tag again`,
			risk: `low: the usual build, with its own checks${swallowed}`,
			takes: 'as long as the pipeline takes',
			recommended: false,
			why:
				underWay === 'rebuild-ci'
					? resumed
					: ciRunsInImage
						? 'The pipeline itself runs in the broken image: it is likely to fail.'
						: 'It is how the image is usually built.',
			...block(pipeline === undefined, 'No pipeline is configured for this image (images.….build).'),
			...block(underWay === 'rebuild-fallback', elsewhere),
		},
		{
			key: 'rebuild-fallback',
			title: `Rebuild without CI, on ${fallback?.place ?? 'a fallback host'}`,
			changes: 'clones, builds and pushes the tag again',
			risk: `one platform only, and none of the pipeline’s checks${swallowed}`,
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
		{
			key: 'by-hand',
			title: 'Repair it by hand',
			changes: 'nothing by itself: regmedic shows the commands',
			risk: 'not assessed',
			takes: 'unknown',
			recommended: false,
			why: 'When none of the other remedies applies.',
		},
	];
}

function block(isBlocked: boolean, reason: string): {blocked?: string} {
	return defined({blocked: isBlocked ? reason : undefined});
}
