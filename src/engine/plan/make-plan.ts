import {type DamagedImage, referenceTo} from '../../domain/damage/damaged-image.ts';
import {concerns, isOnlyMoved} from '../../domain/damage/moved.ts';
import {defined} from '../../domain/defined.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import {chooseRemedies, chooseSiblings, type RemedyChoice} from '../../domain/plan/choose-remedies.ts';
import type {WeighedAside} from '../../domain/plan/data-rows.ts';
import {countDestructive, type PreparedItem, planItems} from '../../domain/plan/items.ts';
import {inOrderOfNeed, needOf} from '../../domain/plan/need.ts';
import type {Plan, PlanImage} from '../../domain/plan/plan.ts';
import {type Attempted, type DamagedRow, settledByRelink, weighRow} from '../../domain/plan/rows.ts';
import {isUsed} from '../../domain/plan/used.ts';
import {searchSiblings, siblingsOf} from '../../domain/remedy/siblings.ts';
import {damagesImage, type Finding} from '../../domain/storage/findings/finding.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import {parentsIn} from '../../domain/storage/parents.ts';
import {openGraph, type StorageGraph} from '../../domain/storage/walk/graph.ts';
import {upperFirst} from '../../domain/text/wording.ts';
import {sayNoUse, sayUsers} from '../../domain/usage/say-use.ts';
import {usedBy} from '../../domain/usage/used-by.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import {badDataIn, type Forgets, prepareAsides, whyKept} from './prepare-asides.ts';
import {type Preparing, prepareRow} from './prepare-row.ts';
import type {KnownUsage} from './read-usage.ts';
import type {Scope} from './scope.ts';
import {withServedSiblings} from './served-siblings.ts';
import {withSources} from './with-sources.ts';

/** Their parts are rechecked together on the disk: the more at once, the fewer commands. The others ask a CI or a build host. */
const relinksAtOnce = 64;
const othersAtOnce = 4;

type PlanOptions = Preparing & {
	/** The image that the plan began with. */
	reported?: ImageReference;
	choices?: readonly RemedyChoice[];
	/** Which images are used; absent: nobody configured where that is known. */
	usage?: KnownUsage | undefined;
	/** What was tried before about this image. */
	attemptsOf?: (image: DamagedImage) => Attempted;
	/** An approved delete met a registry that accepts none, in the plan before. */
	isDeleteRefused?: boolean;
	onProgress?: (progress: {label: string; done: number; total: number}) => void;
};

/**
 * The part of a plan that follows from the damage. `rows`: what it was weighed by, in the order of `images`. `restarts`: anything that
 * is pushed needs a restart first.
 */
export type PlannedRepair = {
	document: Pick<Plan, 'images' | 'items' | 'destructive' | 'complete' | 'gaps' | 'usage'>;
	rows: readonly DamagedRow[];
	restarts: boolean;
	/** The bad data, and whether it can be moved aside. */
	asides: readonly WeighedAside[];
};

/**
 * Weighs the remedies of every damaged image and prepares the changes of the one that was chosen. Nothing is in a plan that was not
 * prepared: where preparing fails, the remedy is not possible, with the reason, and the next one is taken. Only reads.
 * @throws OperatorError plan.remedy: a choice matches nothing, or its remedy is not possible
 */
export async function makePlan(scope: Scope, given: PlanOptions): Promise<PlannedRepair> {
	const options = {...given, corrupt: corruptAmong(scope.images)};
	const {choices = [], onProgress = () => {}} = options;
	const {gaps, moved = []} = scope;
	const complete = gaps.length === 0;
	const onlyMoved = isOnlyMoved({complete, gaps, moved});
	const known = {...scope, graph: scope.disk && openGraph(scope.disk.listing)};
	const asked = scope.images.map(image => ({...rowOf(image, known, options), ...removalFacts(image, scope, options)}));
	const found = inOrderOfNeed(
		scope.disk === undefined ? await withServedSiblings(asked, scope.served ?? [], options) : asked,
		({need}) => need,
	);
	const forgets = forgetsBy(scope, found);
	const rows = await withSources(found, {...options, ...(forgets === undefined && {whyKept})});
	const bad = badDataIn(scope, rows);
	const restarts = needsRestart(scope, rows) || (bad.length > 0 && forgets === 'restart');
	const knownOf = (image: DamagedImage) =>
		complete || (onlyMoved && !moved.some(each => concerns(each, image))) ? 'whole' : onlyMoved ? 'moving' : 'partly';
	const look = lookOf(options.usage);
	const weighed = rows.map(row => ({
		...row.image,
		need: row.need,
		usedBy: usedByOf(row.image, options.usage),
		...weighRow(row, {known: knownOf(row.image), restarts}),
	}));
	const choosable = weighed.map(image => ({...image, used: isUsed(image, look)}));
	const chosen = chooseRemedies(choosable, choices);
	const pointed = chooseSiblings(choosable, choices);
	const isChosen = new Set(
		weighed.flatMap(({id, recommended}) => (chosen.get(id) !== recommended || pointed.has(id) ? [id] : [])),
	);

	const images: PlanImage[] = [...weighed];
	const prepared = new Map<string, PreparedItem>();
	const [relinks, others] = [true, false].map(isRelink =>
		[...rows.entries()].filter(([, {image}]) => (chosen.get(image.id) === 'relink') === isRelink),
	);
	let done = 0;
	const prepareEach = (queue: [number, DamagedRow][] = [], atOnce: number) =>
		forEachConcurrently(
			() => queue.shift(),
			atOnce,
			async ([n, row]) => {
				const settled = await prepareRow(row, images[n]!, chosen.get(row.image.id)!, {
					...options,
					damaged: scope.images,
					mayFallBack: !isChosen.has(row.image.id),
					...defined({to: pointed.get(row.image.id)}),
				});
				images[n] = settled.image;
				if (settled.item !== undefined) {
					prepared.set(row.image.id, settled.item);
				}

				onProgress({label: 'images planned', done: ++done, total: rows.length});
			},
		);
	await Promise.all([prepareEach(relinks, relinksAtOnce), prepareEach(others, othersAtOnce)]);

	// In the order of the rows, whichever was prepared first.
	const inOrder = rows.flatMap(({image}) => prepared.get(image.id) ?? []);
	const {weighed: asides, asides: moves} = await prepareAsides(
		bad,
		{images, prepared: inOrder, forgets},
		{...options, damaged: scope.images},
	);
	const memoryAlone = images.some(({recommended}) => recommended === 'restart');
	const stores = inOrder.some(({changes}) => changes.some(({type}) => type !== 'store-manifest'));
	const restart =
		(needsRestart(scope, rows) && stores) || memoryAlone || (moves.length > 0 && forgets === 'restart')
			? {undo: 'None is needed: a restart changes nothing that is stored.'}
			: undefined;
	const items = planItems(inOrder, restart, moves);
	return {
		document: {
			images,
			items,
			destructive: countDestructive(items),
			complete,
			gaps: [...gaps],
			...defined({usage: look}),
		},
		rows,
		restarts,
		asides,
	};
}

/** What speaks against removing an image. */
function removalFacts(image: DamagedImage, {disk}: Scope, {usage}: PlanOptions): Pick<DamagedRow, 'use' | 'parents'> {
	const {repository, digest} = image;
	const parents = digest && disk && parentsOf(disk.listing, repository).get(digest);
	const users = sayUsers(usedByOf(image, usage), lookOf(usage)) ?? [upperFirst(`${sayNoUse(undefined)}.`)];
	return {use: users.join('; '), ...defined({parents})};
}

const known = new WeakMap<StorageListing, Map<string, ReturnType<typeof parentsIn>>>();

/** Read once a repository. */
function parentsOf(listing: StorageListing, repository: string): ReturnType<typeof parentsIn> {
	const read = known.get(listing) ?? new Map<string, ReturnType<typeof parentsIn>>();
	known.set(listing, read);
	const parents = read.get(repository) ?? parentsIn(listing, repository);
	read.set(repository, parents);
	return parents;
}

function lookOf(known: KnownUsage | undefined): Plan['usage'] {
	const {uses: _, ...look} = known?.usage ?? {};
	return known && (look as Plan['usage']);
}

/** Null: nobody looked, or could. */
function usedByOf(image: DamagedImage, known: KnownUsage | undefined): PlanImage['usedBy'] {
	return known === undefined || known.usage.lookedAt.length === 0 ? null : usedBy(known.usage, image, known.hosts);
}

/** Of these, only reading every byte would show again that they are damaged. */
function corruptAmong(images: readonly DamagedImage[]): Set<Digest> {
	return new Set(images.flatMap(({digest, findings}) => (findings.includes('blob-corrupt') ? (digest ?? []) : [])));
}

/** Only where a restart makes the registry forget: what is in Redis outlives it. */
function needsRestart({memory}: Scope, rows: readonly DamagedRow[]): boolean {
	const {memory: stale, suspicion, cache} = memory ?? {};
	const isSuspected = suspicion !== undefined && suspicion.kind !== 'restore';
	const hasCommand = rows.some(({settings}) => settings.restart !== undefined);
	return hasCommand && cache !== 'redis' && (stale?.kind === 'proven' || isSuspected);
}

/** How the registry is made to forget what is moved aside. */
function forgetsBy({memory}: Scope, rows: readonly DamagedRow[]): Forgets {
	const cache = memory?.cache;
	if (cache === 'none') {
		return 'nothing';
	}

	if (cache === 'redis') {
		return 'redis';
	}

	return rows.some(({settings}) => settings.restart !== undefined) ? 'restart' : undefined;
}

function rowOf(
	image: DamagedImage,
	{findings, disk, graph}: Scope & {graph: StorageGraph | undefined},
	{host, of, reported, attemptsOf, isDeleteRefused = false}: PlanOptions,
): DamagedRow {
	const {repository, tags, digest} = image;
	const isOwn = (finding: Finding) =>
		finding.repository === repository &&
		(tags.length === 0
			? damagesImage(finding, {repository, ...(digest && {digest})})
			: finding.tags.some(tag => tags.includes(tag)));
	const own = findings.filter(isOwn);
	const [tag] = tags;
	const siblings =
		disk === undefined || graph === undefined || tag === undefined || settledByRelink(own)
			? []
			: siblingsOf(searchSiblings(graph, disk.scan, repository, tag), new Map());
	const {settings} = of(referenceTo(image, host));
	return {
		image,
		findings: own,
		settings,
		need: needOf(image, settings, reported),
		siblings,
		...(disk === undefined && {isServedOnly: true}),
		...(isDeleteRefused && {isDeleteRefused}),
		...defined({attempted: attemptsOf?.(image)}),
	};
}
