import type {DamagedImage} from '../../domain/damage/damaged-image.ts';
import {chooseRemedies, type RemedyChoice} from '../../domain/plan/choose-remedies.ts';
import {countDestructive, type PreparedItem, planItems} from '../../domain/plan/items.ts';
import type {Plan, PlanImage} from '../../domain/plan/plan.ts';
import {type DamagedRow, inOrderOfNeed, type Need, settledByRelink, weighRow} from '../../domain/plan/rows.ts';
import {searchSiblings, siblingsOf} from '../../domain/remedy/siblings.ts';
import {damagesImage, type Finding} from '../../domain/storage/findings/finding.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import {type Preparing, prepareRow, referenceTo} from './prepare-row.ts';
import type {Scope} from './scope.ts';

const preparedAtOnce = 4;

type PlanOptions = Preparing & {
	needOf(image: DamagedImage): Need;
	choices: readonly RemedyChoice[];
	/** How the registry is restarted; undefined: no command is configured. */
	restartCommand: string | undefined;
	onProgress?: (progress: {label: string; done: number; total: number}) => void;
};

/** The part of a plan that follows from the damage. */
type PlannedRepair = Pick<Plan, 'images' | 'items' | 'destructive' | 'complete' | 'gaps'>;

/**
 * Weighs the remedies of every damaged image and prepares the changes of the one that was chosen. Nothing is in a plan that was not
 * prepared: where preparing fails, the remedy is not possible, with the reason, and the next one is taken. Only reads.
 * @throws OperatorError plan.remedy: a choice matches nothing, or its remedy is not possible
 */
export async function makePlan(scope: Scope, options: PlanOptions): Promise<PlannedRepair> {
	const {choices, needOf, onProgress = () => {}} = options;
	const complete = scope.gaps.length === 0;
	const restarts = needsRestart(scope, options);
	const rows = inOrderOfNeed(
		scope.images.map(image => rowOf(image, scope, options)),
		needOf,
	);
	const weighed = rows.map(row => ({...row.image, ...weighRow(row, {complete, restarts})}));
	const chosen = chooseRemedies(weighed, choices);
	const isChosen = new Set(weighed.filter(image => chosen.get(image.id) !== image.recommended).map(({id}) => id));

	const images: PlanImage[] = weighed.map(image => ({...image, usedBy: null}));
	const prepared = new Map<string, PreparedItem>();
	const queue = [...rows.entries()];
	let done = 0;
	await forEachConcurrently(
		() => queue.shift(),
		preparedAtOnce,
		async ([n, row]) => {
			const settled = await prepareRow(row, images[n]!, chosen.get(row.image.id)!, {
				...options,
				damaged: scope.images,
				mayFallBack: !isChosen.has(row.image.id),
			});
			images[n] = settled.image;
			if (settled.item !== undefined) {
				prepared.set(row.image.id, settled.item);
			}

			onProgress({label: 'images planned', done: ++done, total: rows.length});
		},
	);

	// In the order of the rows, whichever was prepared first.
	const inOrder = rows.flatMap(({image}) => prepared.get(image.id) ?? []);
	const memoryAlone = images.some(({recommended}) => recommended === 'restart');
	const stores = inOrder.some(({changes}) => changes.some(({type}) => type !== 'store-manifest'));
	const restart =
		(restarts && stores) || memoryAlone
			? {undo: 'None is needed: a restart changes nothing that is stored.'}
			: undefined;
	const items = planItems(inOrder, restart);
	return {
		images,
		items,
		destructive: countDestructive(items),
		complete,
		gaps: [...scope.gaps],
	};
}

/** Only where a restart makes the registry forget: what is in Redis outlives it. */
function needsRestart({memory}: Scope, {restartCommand}: PlanOptions): boolean {
	const {memory: stale, suspicion, cache} = memory ?? {};
	const isSuspected = suspicion !== undefined && suspicion.kind !== 'restore';
	return restartCommand !== undefined && cache !== 'redis' && (stale?.kind === 'proven' || isSuspected);
}

function rowOf(image: DamagedImage, {findings, disk}: Scope, {host, of}: PlanOptions): DamagedRow {
	const {repository, tags, digest} = image;
	const isOwn = (finding: Finding) =>
		finding.repository === repository &&
		(tags.length === 0
			? damagesImage(finding, {repository, ...(digest && {digest})})
			: finding.tags.some(tag => tags.includes(tag)));
	const own = findings.filter(isOwn);
	const [tag] = tags;
	const siblings =
		disk === undefined || tag === undefined || settledByRelink(own)
			? []
			: siblingsOf(searchSiblings(disk.listing, disk.scan, repository, tag), new Map());
	return {image, findings: own, settings: of(referenceTo(image, host)).settings, siblings};
}
