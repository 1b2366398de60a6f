import type {DamagedImage} from '../damage/damaged-image.ts';
import {defined} from '../defined.ts';
import {type Digest, shortDigest} from '../image/digest.ts';
import type {Settings} from '../incident/settings.ts';
import type {CopyBackOutlook} from '../remedy/copy-back.ts';
import {factsIn} from '../remedy/evidence.ts';
import {canRelink} from '../remedy/relink-steps.ts';
import type {RemedyOptionKey} from '../remedy/remedy.ts';
import {howToAllowDeletes} from '../remedy/removal.ts';
import type {Sibling} from '../remedy/siblings.ts';
import {weighRemedies} from '../remedy/weigh-remedies.ts';
import type {Finding} from '../storage/findings/finding.ts';
import {weighCached} from './cache-remedies.ts';
import type {Need} from './need.ts';
import type {PlanImage, PlanRemedy} from './plan.ts';
import {equallyNew, planSiblings} from './plan-siblings.ts';

/** A damaged image with everything that its remedies are weighed by. */
export type DamagedRow = {
	image: DamagedImage;
	/** Those of the image alone. */
	findings: readonly Finding[];
	settings: Settings;
	need: Need;
	/** No disk was read: nothing is said of one. */
	isServedOnly?: boolean;
	/** Looked for only where no relink brings the same digest back. */
	siblings: readonly Sibling[];
	/** Asked for only where sources are configured and no relink brings the same digest back. */
	copyBack?: CopyBackOutlook;
	/** What is known of its use, in a sentence. */
	use?: string;
	/** An approved delete met a registry that accepts none. */
	isDeleteRefused?: boolean;
	/** The indexes of its repository that name it as a child. */
	parents?: readonly Digest[];
	attempted?: Attempted;
};

/** What was tried before. `done`: those that did their work, and the image is still damaged; `failed`: the others, with the reason. */
export type Attempted = {done: readonly RemedyOptionKey[]; failed: ReadonlyMap<string, string>};

/** What is known of the registry, as far as it concerns the image. */
type RegistryFacts = {
	/** `moving`: a part of the image changed while it was read; `partly`: what was not read may be anything. */
	known: 'whole' | 'moving' | 'partly';
	/** The plan restarts the registry before anything is pushed. */
	restarts: boolean;
};

const remedyOf: Record<RemedyOptionKey, PlanRemedy> = {
	restart: 'restart',
	relink: 'relink',
	'copy-back': 'copy-back',
	're-point': 're-point',
	'rebuild-ci': 'rebuild-ci',
	'rebuild-fallback': 'rebuild-fallback',
	'rebuild-command': 'rebuild-command',
	'by-hand': 'leave',
};

/** Every remedy of one image, the recommended one first, each with its reason. */
export function weighRow(
	row: DamagedRow,
	{known, restarts}: RegistryFacts,
): Pick<PlanImage, 'recommended' | 'remedies' | 'siblings'> {
	const {image, findings, settings, isServedOnly = false, siblings, copyBack, attempted} = row;
	if (settings.role === 'cache') {
		return weighCached(findings, known);
	}

	const evidence = {
		settings,
		faults: [],
		hostRefused: false,
		...defined({copyBack}),
		tried: [...(restarts ? ['restart'] : []), ...(attempted?.done ?? [])],
		attempts: attempted?.failed ?? new Map<string, string>(),
		...(isServedOnly
			? {served: siblings.map(asOption)}
			: {scan: {findings: [...findings], complete: known === 'whole', siblings: siblings.map(asOption)}}),
	};
	const options = weighRemedies(evidence);
	// Another image under a tag is no repair: it is offered, and recommended only where the tag has lost what it named last.
	const {historySuffices} = factsIn(evidence);
	const isRestart = !isServedOnly && findings.every(({kind}) => kind === 'answers-differ');
	const remedies = options
		.map(({key, blocked, why, recommended}) => ({remedy: remedyOf[key], blocked, why, recommended}))
		// Only where the memory alone is wrong does a restart repair an image; elsewhere it is an item of its own.
		.filter(({remedy}) => remedy !== 'restart' || isRestart)
		.map(({remedy, blocked, why, recommended}) => {
			const impossible = whyImpossible(remedy, {image, findings, known}) ?? blocked;
			return remedy === 'leave'
				? {remedy, possible: true, recommended, why: 'It stays damaged; the plan names it.'}
				: {remedy, possible: impossible === undefined, recommended, why: impossible ?? why};
		});
	const offered = remedies.some(({remedy, possible}) => remedy === 're-point' && possible)
		? planSiblings(siblings)
		: [];
	const together = equallyNew(siblings);
	for (const each of offered.length > 0 ? remedies.filter(({remedy}) => remedy === 're-point') : []) {
		each.possible = together.length === 0;
		each.why =
			together.length === 0
				? `${each.why} The newest is ${offered[0]!.name}: ${offered[0]!.say}.`
				: `Of ${together.length} intact images the times do not tell which one is the newest: choose one by its name.`;
	}

	const best =
		remedies.find(
			({recommended, possible, remedy}) => recommended && possible && (remedy !== 're-point' || historySuffices),
		) ?? remedies.find(({remedy}) => remedy === 'leave')!;
	return {
		...(offered.length > 0 && {siblings: offered}),
		recommended: best.remedy,
		remedies: [best, ...remedies.filter(each => each !== best), weighRemoval(row, known)].map(
			({remedy, possible, why}) => ({
				remedy,
				possible,
				why,
			}),
		),
	};
}

const asOption = (sibling: Sibling) => ({...sibling, reference: '', key: '', title: '', status: ''});

/** Never recommended: only a person knows that an image is not wanted any more. */
function weighRemoval(
	{parents = [], use, attempted, isDeleteRefused}: DamagedRow,
	known: RegistryFacts['known'],
): PlanImage['remedies'][number] {
	const [parent] = parents;
	const unknown = known === 'whole' ? undefined : whyNotKnown[known];
	const impossible = isDeleteRefused
		? `The registry accepts no deletes. ${howToAllowDeletes}`
		: parent === undefined
			? unknown
			: `The index ${shortDigest(parent)} of its repository names it as a child: removing it would break that.`;
	const before = attempted?.failed.get('remove');
	const why = [
		...(before === undefined ? [] : [`Attempted before, without effect: ${before}`]),
		`It is deleted with all of its tags; its manifests are kept. ${use ?? ''}`.trim(),
	].join(' ');
	return {remedy: 'remove', possible: impossible === undefined, why: impossible ?? why};
}

/** What a plan rules out, beside what is ruled out for one image. */
function whyImpossible(
	remedy: PlanRemedy,
	{image, findings, known}: Pick<DamagedRow, 'image' | 'findings'> & Pick<RegistryFacts, 'known'>,
): string | undefined {
	if (remedy === 're-point' && settledByRelink(findings)) {
		return 'It is not needed: a relink brings the same digest back.';
	}

	if (image.tags.length === 0 && isOfTag.has(remedy)) {
		return 'No tag names it.';
	}

	// What was not read may hold what is missing, or be damaged too.
	return known === 'whole' || isAdditive.has(remedy) || remedy === 'leave' ? undefined : whyNotKnown[known];
}

const whyNotKnown = {
	moving: 'It changed while the disk was read: find all damage again when nothing is pushed to it.',
	partly: 'Not everything could be read: only what is known to be whole below is linked again.',
};

/** They overwrite nothing, and are only possible where everything below is proven. */
const isAdditive = new Set<PlanRemedy>(['relink', 'copy-back']);

const isOfTag = new Set<PlanRemedy>(['re-point', 'rebuild-ci', 'rebuild-fallback', 'rebuild-command']);

/** Whether everything that is missing is still on the disk. */
export function settledByRelink(findings: readonly Finding[]): boolean {
	return findings.length > 0 && findings.every(canRelink);
}
