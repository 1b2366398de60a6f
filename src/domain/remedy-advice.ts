import type {Fault} from './fault.ts';
import type {Finding} from './finding.ts';
import {isObject, type Json, type JsonObject} from './json.ts';
import type {RemedyOptionKey} from './remedy.ts';
import {count} from './wording.ts';

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

/** What the decision is made from. Each may be null: the scan may not have been possible. */
export type Evidence = JsonObject & {settings: JsonObject; tried: string[]};

/**
 * The remedies, the recommended one first. A remedy that cannot help here is listed with the reason.
 * Expected keys: faults (Fault[]), findings (Finding[] of this image), sibling (reference or null), image (reference).
 */
export function weighRemedies(evidence: Evidence): RemedyOption[] {
	const faults = listOf<Fault>(evidence.faults);
	const findings = listOf<Finding>(evidence.findings);
	const scanned = Array.isArray(evidence.findings);
	const {settings, tried} = evidence;
	const sibling = typeof evidence.sibling === 'string' ? evidence.sibling : undefined;
	const ciRunsInImage = settings.runsInItself === true;

	const diskIsFine = scanned && findings.length === 0 && faults.length > 0;
	const needsRestart = diskIsFine || findings.some(({kind}) => kind === 'answers-differ');
	const relinks = findings.filter(({remedy}) => remedy === 'relink');
	const relinkSuffices = relinks.length > 0 && relinks.length === findings.length;

	const options: RemedyOption[] = [
		{
			key: 'restart',
			title: 'Restart the registry',
			changes: `runs: ${textOf(settings.restart) ?? 'the configured restart command'}`,
			risk: 'pulls and pushes fail for some seconds',
			takes: 'under a minute',
			recommended: false,
			why: needsRestart
				? 'The disk holds every part; the registry answers from memory.'
				: 'The disk itself is damaged; a restart brings nothing back.',
			...block(
				textOf(settings.restart) === undefined,
				'No restart command is configured (registries.….storage.restart).',
			),
		},
		{
			key: 'relink',
			title: relinks.length === 0 ? 'Relink what is still on disk' : `Relink ${count(relinks.length, 'manifest')}`,
			changes: 'PUTs the exact bytes from the disk back under the same digest',
			risk: 'low: the digest stays, nothing is overwritten',
			takes: 'seconds',
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
			risk: 'low: the usual build, with its own checks',
			takes: textOf(settings.ciTakes) ?? 'as long as the pipeline takes',
			recommended: false,
			why: ciRunsInImage
				? 'The pipeline itself runs in the broken image: it is likely to fail.'
				: 'It is how the image is always made.',
			...block(textOf(settings.pipeline) === undefined, 'No pipeline is configured for this image (images.….build).'),
		},
		{
			key: 'rebuild-fallback',
			title: `Rebuild without CI, on ${textOf(settings.fallback) ?? 'a fallback host'}`,
			changes: 'clones, builds and pushes the tag anew',
			risk: 'one platform only, and none of the pipeline’s checks',
			takes: 'minutes',
			recommended: false,
			why: ciRunsInImage ? 'The pipeline runs in the broken image and cannot mend it.' : 'For when CI cannot do it.',
			...block(
				textOf(settings.fallback) === undefined,
				'No fallback build is configured for this image (images.….fallback).',
			),
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

	const order = orderOf({needsRestart, relinkSuffices, ciRunsInImage, ciFailed: tried.includes('rebuild-ci')});
	const possible =
		order.find(
			key => !tried.includes(key) && options.some(option => option.key === key && option.blocked === undefined),
		) ?? 'by-hand';
	return options
		.map(option => (option.key === possible ? {...option, recommended: true} : option))
		.map(option => (tried.includes(option.key) ? {...option, why: `Tried already. ${option.why}`} : option))
		.sort((a, b) => rank(a) - rank(b));
}

function orderOf(facts: {
	needsRestart: boolean;
	relinkSuffices: boolean;
	ciRunsInImage: boolean;
	ciFailed: boolean;
}): RemedyOptionKey[] {
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

function block(is: boolean, reason: string): {blocked?: string} {
	return is ? {blocked: reason} : {};
}

function textOf(value: Json | undefined): string | undefined {
	return typeof value === 'string' && value !== '' ? value : undefined;
}

function listOf<T>(value: Json | undefined): T[] {
	return Array.isArray(value) ? (value.filter(isObject) as T[]) : [];
}
