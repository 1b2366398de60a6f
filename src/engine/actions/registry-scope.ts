import {referenceTo} from '../../domain/damage/damaged-image.ts';
import {onsetOf} from '../../domain/damage/onset.ts';
import {defined} from '../../domain/defined.ts';
import {sayHoldWhole} from '../../domain/hold/say-hold.ts';
import {inputParser, type TriedItem} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import {parseSettings, type Settings} from '../../domain/incident/settings.ts';
import {toJsonObject} from '../../domain/json.ts';
import {planRows} from '../../domain/plan/plan-rows.ts';
import type {Attempted} from '../../domain/plan/rows.ts';
import {isRebuild} from '../../domain/remedy/rebuilt.ts';
import {isRemedyOption} from '../../domain/remedy/remedy.ts';
import {remedyOfPage} from '../../domain/runbook/runbook.ts';
import {sayDuration} from '../../domain/text/time.ts';
import {count} from '../../domain/text/wording.ts';
import {sayImpact} from '../../domain/usage/say-use.ts';
import {usedBy} from '../../domain/usage/used-by.ts';
import {goOnFrom} from '../plan/found-before.ts';
import {makePlan, type PlannedRepair} from '../plan/make-plan.ts';
import {type KnownUsage, usageBeside} from '../plan/read-usage.ts';
import {findDamage, type Scope} from '../plan/scope.ts';
import type {AsideData} from '../ports/storage.ts';
import {sayMemory} from '../scan/stale-memory.ts';
import type {ActionContext, ActionNamed} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/** Finds all damage of the registry, and weighs what can be done about each image. It only reads. */
export const registryScope: ActionNamed<'registry.scope'> = {
	name: 'registry.scope',
	parse: inputParser('registry.scope'),
	effect: 'read',
	inputs: {
		image: {required: true, about: 'the image that was reported: it is read whole where nothing is known to damage it'},
		tried: {required: false, about: 'what became of the items of the plan before'},
	},
	outcomes: {
		damaged: 'images are damaged',
		intact: 'nothing is known to be damaged, and the reported image was read whole',
		unknown: 'nothing is known to be damaged, and not everything could be read',
		storage: 'the storage of the registry itself fails: nothing is to be repaired before that',
		refused: 'the registry or the host refused the request',
		unreachable: 'the registry or the host does not respond',
	},
	provides: {
		rows: 'one row for each damaged image, and one for the restart: what a plan step settles',
		images: 'the damaged images',
		byRestart: 'those of them that a restart of the registry repairs',
		complete: 'whether all damage is known',
		gaps: 'what could not be read',
		trouble: 'why the storage of the registry itself fails',
		impact: 'what uses the damaged images, in words; absent: no use is known',
		began: 'by when the damage had begun at the latest, by the clock of the disk; absent: the disk shows no time',
		hold: 'what cleans the store now, and what will next',
		provisional: 'whether a cleaner ran while the disk was read',
	},
	bare: ['refused', 'unreachable'],
	success: [],
	shows: 'verdict',
	outcomeOf: refusedOrUnreachable,

	async run({image, tried}, context) {
		const {ports, settings, signal, progress, log, planned = []} = context;
		const {unpacker} = ports;
		const registry = ports.registry.fresh();
		const images = planned
			.filter(({item}) => isRebuild(item?.remedy))
			.map(({damaged}) => referenceTo(damaged, registry.host));
		try {
			const {usage, pinned} = usageBeside(ports.usage, image.host, {clock: ports.clock, signal});
			const options = {
				registry,
				role: settings.role,
				platforms: settings.platforms,
				reported: image,
				pinned,
				depth: 'content' as const,
				everyTag: ports.storage === undefined,
				clock: ports.clock,
				signal,
				onProgress: progress,
				...defined({
					storage: ports.storage,
					inventory: ports.inventory,
					rebuilt: unpacker && {images, unpacker},
				}),
			};
			const before = await goOnFrom(ports.found, options);
			if (before !== undefined) {
				log(
					`The registry was read ${sayDuration(before.ageMs)} ago, to find the image that this incident begins with. It is not read again.`,
				);
			}

			const scope = before?.scope ?? (await findDamage(options));
			const known = await usage;
			const plan = await makePlan(scope, {
				host: image.host,
				reported: image,
				signal,
				of: each => systemsOf(each, context),
				usage: known,
				isDeleteRefused: tried?.some(({code}) => code === 'remove.disabled') === true,
				attemptsOf: ({id}) => attemptsAt(id, tried ?? []),
				onProgress: progress,
			});
			tell(scope, log, ports.clock.now().getTime());
			const backs = await dataToPutBack(scope, context);
			return resultOf(scope, plan, {host: image.host, backs, ...closingOf(scope, known, context)});
		} finally {
			await registry.close();
		}
	},
};

/** The outside systems and the settings of one image, as an item about it will have them. */
function systemsOf(
	image: Parameters<NonNullable<ActionContext['ports']['of']>>[0],
	{ports, settings}: ActionContext,
): {ports: ActionContext['ports']; settings: Settings} {
	const own = ports.of?.(image);
	return own === undefined ? {ports, settings} : {ports: own.ports, settings: parseSettings(own.settings) ?? settings};
}

type Closing = {impact?: string; began?: string};

/** What is proposed at the end, of every image that this incident found damaged, also of those that are repaired by now. */
function closingOf({images}: Scope, known: KnownUsage | undefined, context: ActionContext): Closing {
	const all = [...(context.planned ?? []).map(({damaged}) => damaged), ...images];
	const pipelines = all.flatMap(
		image => systemsOf(referenceTo(image, context.ports.registry.host), context).settings.usedByPipelines,
	);
	const users = known === undefined ? [] : all.flatMap(image => usedBy(known.usage, image, known.hosts));
	return defined({impact: sayImpact(users, pipelines), began: onsetOf(all, context.ports.clock.now().getTime())});
}

/** What the plan before did about this image. What was done and has not repaired it is not recommended again. */
function attemptsAt(row: string, tried: readonly TriedItem[]): Attempted {
	const own = tried.filter(each => each.row === row);
	// What was never seen to happen, as after a kill, says nothing against its remedy.
	const failed = own.filter(({outcome, notSeen}) => !notSeen && (outcome === 'failed' || outcome === 'changed'));
	return {
		done: own.flatMap(({remedy: of, outcome}) => {
			const remedy = remedyOfPage(of);
			return outcome === 'done' && isRemedyOption(remedy) ? [remedy] : [];
		}),
		failed: new Map(failed.map(({remedy, say}) => [remedyOfPage(remedy), say])),
	};
}

/** What this incident has moved aside, and nothing has replaced: the item that should have done so failed. */
async function dataToPutBack(
	{images, disk}: Scope,
	{ports, incident, changed, signal}: ActionContext,
): Promise<AsideData[]> {
	if (ports.storage === undefined || disk === undefined || images.length === 0 || !changed) {
		return [];
	}

	return (await ports.storage.aside(incident, {signal})).filter(({isReplaced}) => !isReplaced);
}

function resultOf(
	scope: Scope,
	{document, ...plan}: PlannedRepair,
	{host, backs, impact, began}: {host: string; backs: readonly AsideData[]} & Closing,
) {
	const {gaps, trouble, disk} = scope;
	const rows = planRows({document, ...plan, backs}, {host, referenceTo, ...defined({taken: disk?.listing.taken})});
	const output: OutputValues<'registry.scope'> = {
		rows: rows.map(toJsonObject),
		images: rows.flatMap(({damaged}) => damaged ?? []),
		byRestart: document.images.flatMap(({id, recommended}) => (recommended === 'restart' ? [id] : [])),
		complete: document.complete,
		gaps,
		...defined({trouble, impact, began, hold: disk?.scan.hold, provisional: disk?.scan.provisional}),
	};
	const outcome =
		trouble !== undefined ? 'storage' : scope.images.length > 0 ? 'damaged' : gaps.length > 0 ? 'unknown' : 'intact';
	return {outcome, output, say: sayScope(scope, document)};
}

function sayScope({images, gaps, trouble, memory, disk}: Scope, {images: planned}: PlannedRepair['document']): string {
	if (trouble !== undefined) {
		return `${trouble} Nothing is called damaged, and nothing is to be restarted, moved or pushed, before the storage is repaired.`;
	}

	const unread = gaps.length > 0 ? ` Not everything could be read (${count(gaps.length, 'gap')}): ${gaps[0]}` : '';
	if (images.length === 0) {
		return gaps.length > 0
			? `No damage was found in what was read.${unread}`
			: `No damage is known in the registry${disk === undefined ? '; no disk was compared' : ''}, and every byte of the reported image was read.`;
	}

	const repositories = new Set(images.map(({repository}) => repository)).size;
	const remedies = Map.groupBy(planned, ({recommended}) => recommended);
	const weighed = [...remedies].map(([remedy, some]) => `${some.length} ${remedy}`).join(', ');
	return `${count(images.length, 'image is', 'images are')} damaged, in ${count(repositories, 'repository', 'repositories')}. Recommended: ${weighed}.${sayMemory(memory ?? {})}${unread}`;
}

function tell({images, gaps, disk}: Scope, log: (line: string) => void, now: number): void {
	for (const line of disk?.scan.hold === undefined ? [] : sayHoldWhole(disk.scan.hold, now)) {
		log(line);
	}

	for (const {id, tags, findings, since, platforms} of images) {
		const lost = platforms.lost.length === 0 ? '' : `, without ${platforms.lost.join(', ')}`;
		const by = since === undefined ? '' : `, by ${since} at the latest`;
		log(`${id} (${tags.join(', ') || 'no tag'}): ${findings.join(', ')}${lost}${by}`);
	}

	for (const gap of gaps) {
		log(`not read: ${gap}`);
	}
}
