import {defined} from '../defined.ts';
import type {Fault} from '../image/fault.ts';
import {formatReference} from '../image/reference.ts';
import type {ChoiceOption} from '../incident/asked.ts';
import type {Finding} from '../storage/findings/finding.ts';
import type {Evidence} from './evidence.ts';
import {canRelink, relinkSteps} from './relink-steps.ts';
import type {RemedyOptionKey} from './remedy.ts';
import {relinkChanges, relinkCounts} from './say-relink.ts';

/** One row of the decision table. `changes`: in one line. `takes`: how long, as far as anyone knows. */
export type RemedyOption = Required<Omit<ChoiceOption, 'key' | 'blocked'>> & {key: RemedyOptionKey; blocked?: string};

/** What the evidence says for and against the remedies. */
export type Facts = ReturnType<typeof factsIn>;

export function factsIn({faults, scan, settings, tried}: Evidence) {
	const findings = scan?.findings ?? [];
	const relinkable = findings.filter(canRelink);
	// What could not be read may be what is missing: only a complete scan shows that the disk is fine.
	const diskIsFine = scan?.complete === true && findings.length === 0 && faults.length > 0;
	const remembers = staleAnswers(faults, findings);
	return {
		remembers,
		// A garbage collection went over the store: a registry that ran meanwhile may still have what it took in memory.
		collected: remembers || findings.some(({kind}) => kind === 'child-swept'),
		/** What a relink would do; empty: nothing that is missing can be linked again. */
		relinks: relinkSteps(relinkable),
		caveats: [...new Set(relinkable.flatMap(({plan}) => plan?.caveats ?? []))],
		ciRunsInImage: settings.runsInItself,
		ciFailed: tried.includes('rebuild-ci'),
		needsRestart: diskIsFine || remembers || findings.some(({kind}) => kind === 'answers-differ'),
		relinkSuffices: relinkable.length > 0 && relinkable.length === findings.length,
	};
}

/**
 * Over HTTP the registry has the blob and delivers none of it; the disk does not have it: the answer came from the
 * descriptor cache.
 */
function staleAnswers(faults: readonly Fault[], findings: readonly Finding[]): boolean {
	const claimed = faults
		.filter(({kind}) => kind === 'blob-empty' || kind === 'blob-truncated')
		.map(({digest}) => digest);
	const gone = findings.flatMap(({kind, digest, missing}) =>
		kind === 'config-missing' || kind === 'layer-missing' ? [digest, ...missing] : missing,
	);
	return claimed.some(digest => digest !== undefined && gone.includes(digest));
}

/** Every remedy, with what speaks for it and what keeps it from being taken. */
export function optionsFrom(facts: Facts, {settings, scan, tried, underWay, hostRefused}: Evidence): RemedyOption[] {
	const {relinks, ciRunsInImage, needsRestart, relinkSuffices, remembers, collected, caveats} = facts;
	const {restart, pipeline, fallback} = settings;
	const sibling = scan?.sibling === undefined ? undefined : formatReference(scan.sibling);
	// HEAD says 200 for a blob that is gone, so a push leaves it out. @see distribution/distribution#4269
	const swallowed =
		collected && !tried.includes('restart')
			? '; a registry that was not restarted since the collection treats a push of what is gone as known, and stores nothing'
			: '';
	const refusedHost = 'The host was refused when it was scanned: settle its key or the login first, then scan again.';
	const elsewhere =
		'A build that was begun still waits or runs: go on with that one, or cancel it there and record that by hand.';
	const resumed = 'It was begun and may still run: regmedic follows it and starts nothing new.';

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
			changes: `triggers ${pipeline ? `${pipeline.repository}@${pipeline.branch}` : 'the pipeline'} and pushes the tag anew`,
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
			changes: 'clones, builds and pushes the tag anew',
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
