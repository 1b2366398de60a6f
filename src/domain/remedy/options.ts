import {type Facts, textOf} from './facts.ts';
import {relinkChanges, relinkCounts} from './relink-words.ts';
import type {RemedyOptionKey} from './remedy.ts';

/** One row of the decision table. */
export type RemedyOption = {
	key: RemedyOptionKey;
	title: string;
	/** What it changes, in one line. */
	changes: string;
	risk: string;
	/** How long it takes, as far as anyone knows. */
	takes: string;
	recommended: boolean;
	why: string;
	/** Why it cannot be taken now. */
	blocked?: string;
};

/** Every remedy, with what speaks for it and what keeps it from being taken. */
export function optionsFrom(facts: Facts): RemedyOption[] {
	const {settings, tried, scanned, relinks, sibling, underWay, ciRunsInImage, needsRestart, relinkSuffices} = facts;
	const {remembers, collected, caveats, hostRefused} = facts;
	// HEAD says 200 for a blob that is gone, so a push leaves it out. @see distribution/distribution#4269
	const swallowed =
		collected && !tried.includes('restart')
			? '; a registry that was not restarted since the collection takes a push for what is gone as known, and stores nothing'
			: '';
	const fallback = textOf(settings.fallback);
	const refusedHost = 'The host was refused when it was scanned: settle its key or our login first, then scan again.';
	const elsewhere =
		'A build that was begun still waits or runs: go on with that one, or cancel it there and say so by hand.';

	return [
		{
			key: 'restart',
			title: 'Restart the registry',
			changes: `runs: ${textOf(settings.restart) ?? 'the configured restart command'}`,
			risk: 'pulls and pushes fail for some seconds',
			takes: 'under a minute',
			recommended: false,
			why: remembers
				? 'The registry answers from memory for data that is gone from the disk: a push would leave it out. Restart first, then rebuild.'
				: needsRestart
					? 'The disk holds every part; the registry answers from memory.'
					: scanned
						? 'The disk itself is damaged; a restart brings nothing back.'
						: 'Nobody has seen the disk: it helps only if the registry answers from memory.',
			...block(
				textOf(settings.restart) === undefined,
				'No restart command is configured (registries.….storage.restart).',
			),
			...block(hostRefused, refusedHost),
		},
		{
			key: 'relink',
			title: relinks.length === 0 ? 'Relink what is still on disk' : `Relink ${relinkCounts(relinks)}`,
			changes: relinkChanges(relinks),
			risk: ['low: the digest stays, nothing is overwritten', ...caveats].join('; '),
			takes: relinks.some(step => step.do === 'upload') ? 'as long as the upload takes' : 'seconds',
			recommended: false,
			why: relinkSuffices
				? 'Every damaged part is still on disk; only its link is missing.'
				: relinks.length > 0
					? 'It brings back a part; the rest is gone from the disk.'
					: 'Nothing that is missing is still on disk.',
			...block(!scanned, 'The storage has not been scanned: nobody knows what is still there.'),
			...block(scanned && relinks.length === 0, 'Nothing that is missing is still on disk.'),
		},
		{
			key: 're-point',
			title: sibling === undefined ? 'Re-point the tag to an intact sibling' : `Re-point the tag to ${sibling}`,
			changes: 'the tag names another, older image',
			risk: 'users get another build; whoever pins the old digest stays broken',
			takes: 'seconds',
			recommended: false,
			why: 'A quick way out while the rebuild runs, if the older image will do.',
			...block(sibling === undefined, 'No other tag of this repository is known to be intact.'),
		},
		{
			key: 'rebuild-ci',
			title: 'Rebuild in CI',
			changes: `triggers ${textOf(settings.pipeline) ?? 'the pipeline'} and pushes the tag anew`,
			risk: `low: the usual build, with its own checks${swallowed}`,
			takes: textOf(settings.ciTakes) ?? 'as long as the pipeline takes',
			recommended: false,
			why:
				underWay === 'rebuild-ci'
					? 'It was begun and may still run: it is taken up again, not begun anew.'
					: ciRunsInImage
						? 'The pipeline itself runs in the broken image: it is likely to fail.'
						: 'It is how the image is always made.',
			...block(textOf(settings.pipeline) === undefined, 'No pipeline is configured for this image (images.….build).'),
			...block(underWay === 'rebuild-fallback', elsewhere),
		},
		{
			key: 'rebuild-fallback',
			title: `Rebuild without CI, on ${fallback ?? 'a fallback host'}`,
			changes: 'clones, builds and pushes the tag anew',
			risk: `one platform only, and none of the pipeline’s checks${swallowed}`,
			takes: 'minutes',
			recommended: false,
			why:
				underWay === 'rebuild-fallback'
					? 'It was begun and may still run: it is taken up again, not begun anew.'
					: ciRunsInImage
						? 'The pipeline runs in the broken image and cannot mend it.'
						: 'For when CI cannot do it.',
			...block(fallback === undefined, 'No fallback build is configured for this image (images.….fallback).'),
			...block(hostRefused && fallback !== 'this machine', refusedHost),
			...block(underWay === 'rebuild-ci', elsewhere),
		},
		{
			key: 'by-hand',
			title: 'Repair it by hand',
			changes: 'nothing by itself: regmedic shows the commands',
			risk: 'yours',
			takes: 'unknown',
			recommended: false,
			why: 'When nothing above fits.',
		},
	];
}

function block(is: boolean, reason: string): {blocked?: string} {
	return is ? {blocked: reason} : {};
}
