import {defined} from '../../domain/defined.ts';
import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import {formatReference} from '../../domain/image/reference.ts';
import {isDestructive, sayChange} from '../../domain/incident/change.ts';
import type {Happening, PreparedItem, Problem, StepStamp} from '../../domain/incident/event.ts';
import {currentVisit} from '../../domain/incident/incident.ts';
import {isExpired, itemRequestId, newItem, phraseFor, standings} from '../../domain/incident/item.ts';
import type {PlanRow} from '../../domain/incident/plan-row.ts';
import {resolveRemedy} from '../../domain/incident/resolve-step.ts';
import {parseSettings} from '../../domain/incident/settings.ts';
import {type JsonObject, toJson} from '../../domain/json.ts';
import {type MachineEffect, stampOf} from '../../domain/machine/effects.ts';
import {findStep, remedyOfPage} from '../../domain/runbook/runbook.ts';
import {count} from '../../domain/text/wording.ts';
import type {Precondition} from '../actions/action.ts';
import {createLimiter} from '../bounded-concurrency.ts';
import {awaitCleaners} from './await-cleaners.ts';
import {gateLastsMs, lookUp} from './look-up.ts';
import {actionNamed, type EffectContext, imageOf, type StepAction, stepActionOf} from './step-action.ts';

/** How many remedies are prepared at the same time. Their parts are rechecked together on the disk. */
const preparedAtOnce = 16;

type EffectOf<Kind extends MachineEffect['kind']> = Extract<MachineEffect, {kind: Kind}>;

/** Looks up what the chosen remedies of these rows would change. It only reads. */
export async function preparePlan(effect: EffectOf<'prepare'>, context: EffectContext): Promise<Happening> {
	const wanted = new Set(effect.rows);
	const rows = currentVisit(context.incident)?.rows?.filter(({id}) => wanted.has(id)) ?? [];
	const limiter = createLimiter(() => preparedAtOnce, context.signal);
	const found = await Promise.all(rows.map(row => limiter.run(() => prepareRow(effect, row, context))));
	return {
		type: 'plan.prepared',
		...stampOf(effect),
		prepared: found.flatMap(each => ('problem' in each ? [] : [each])),
		unprepared: found.flatMap(each => ('problem' in each ? [each] : [])),
	};
}

type Unprepared = {row: string; remedy: string; problem: Problem};

async function prepareRow(
	effect: EffectOf<'prepare'>,
	row: PlanRow,
	context: EffectContext,
): Promise<PreparedItem | Unprepared> {
	const {incident, actions} = context;
	const step = findStep(incident.runbook, effect.step)!;
	const named = step.does.kind === 'plan' ? step.does.remedies[remedyOfPage(row.remedy)]!.action : '';
	const action = actionNamed(named, actions);
	const {effect: does, name, success, atOnce = 1, sparesImage} = action;
	const resolved = resolveRemedy(incident, step, row);
	if (!resolved.ok) {
		return {row: row.id, remedy: row.remedy, problem: resolved.problem};
	}

	const facts = {
		row: row.id,
		remedy: row.remedy,
		action: name,
		effect: does,
		success,
		atOnce,
		...defined({sparesImage}),
		with: resolved.with,
	};
	const settings = settingsOfItem(resolved.with, context);
	const own = settings && parseSettings(settings);
	try {
		const item = newItem({
			...facts,
			id: '',
			title: row.title,
			after: [],
			target: '',
			changes: [],
			undo: '',
			destructive: 0,
			...defined({settings: own}),
		});
		const stepAction: StepAction = {step, action, visit: currentVisit(incident)!, item, title: row.title};
		const gate = await lookUp(effect, stepAction, context, (inputs, asked) => action.gate!(inputs, asked));
		const {target, changes, undo} = gate;
		const {destructive = does === 'destructive' ? changes.length : changes.filter(isDestructive).length} = gate;
		return {
			...facts,
			...defined({settings}),
			target,
			changes: changes.flatMap(sayChange),
			plan: toJson(changes),
			undo,
			destructive,
		};
	} catch (error) {
		context.signal.throwIfAborted();
		const {code, message, hint} = asOperatorError(error);
		return {row: row.id, remedy: row.remedy, problem: {code, message, hint}};
	}
}

/** What the journal keeps for an item of another image than the one of the incident: a resumed run needs it. */
function settingsOfItem(inputs: JsonObject, {incident, ports}: EffectContext): JsonObject | undefined {
	const image = imageOf(inputs);
	const isOwn = image === undefined || formatReference(image) === formatReference(incident.image);
	return isOwn ? undefined : ports.of?.(image).settings;
}

/** The one gate of a plan shows what has not begun; in a dry run, what each item would change. It shows what was prepared. */
export async function openPlanGate(effect: EffectOf<'open-gate' | 'assume'>, context: EffectContext): Promise<void> {
	const {incident, ports, report} = context;
	const items = currentVisit(incident)?.items ?? [];
	const found = standings(items);
	const shown = items.filter(({id}) => found.has(id) && found.get(id) !== 'doomed');
	if (effect.kind === 'assume') {
		for (const {id} of shown) {
			await report(await assumeItem({...stampOf(effect), item: id}, context));
		}

		return;
	}

	const destructive = shown.reduce((sum, each) => sum + each.destructive, 0);
	const registry = incident.image.host;
	const lines = shown.map(({changes, ...each}) => ({
		...each,
		changes: changes.flatMap(sayChange),
		plan: toJson(changes),
	}));
	await report({
		type: 'gate.opened',
		...stampOf(effect),
		target: registry,
		...(ports.storage === undefined && {unguarded: true as const}),
		changes: lines.flatMap(({title, changes}) => changes.map(change => `${title}: ${change}`)),
		plan: shown.flatMap(({changes}) => changes.map(toJson)),
		undo: `Of each of the ${count(shown.length, 'item')}, as it is shown.`,
		...(destructive > 0 ? {phrase: phraseFor(destructive, registry)} : {}),
		expires: new Date(ports.clock.now().getTime() + gateLastsMs).toISOString(),
		items: lines.map(({id, title, changes, plan, undo, destructive: some}) => ({
			id,
			title,
			changes,
			plan,
			undo,
			destructive: some,
		})),
	});
}

/** What the world looks like is asked in a dry run, too. */
async function assumeItem(effect: StepStamp & {item: string}, context: EffectContext): Promise<Happening> {
	const stepAction = stepActionOf(effect, context);
	const {action, item, title} = stepAction;
	const answer = await ask(effect, stepAction, context);
	if (answer.kind !== 'holds') {
		return {type: 'item.checked', ...effect, found: answer.kind, ...withoutKind(answer)};
	}

	const say = `Dry run: would change ${title}: ${item!.changes.flatMap(sayChange).join('; ')}.`;
	return {type: 'effect.assumed', ...effect, outcome: action.success[0]!, say};
}

/** Asks right before an item's effect whether what was approved still fits; its intent is written only then. */
export async function beginItem(
	{step, attempt, item: id}: EffectOf<'begin'>,
	context: EffectContext,
): Promise<Happening> {
	const stamp = {step, attempt, item: id};
	const stepAction = stepActionOf(stamp, context);
	const item = stepAction.item!;
	const expired = () => isExpired(item, context.ports.clock.now().toISOString());
	const look = async (): Promise<Precondition | 'expired'> => (expired() ? 'expired' : ask(stamp, stepAction, context));
	// Both only read. After a wait for a cleaner the answer is asked for again.
	const [{problem: busy, waited}, first] = await Promise.all([
		item.effect === 'read' ? {problem: undefined, waited: false} : awaitCleaners(stamp, stepAction.action, context),
		look(),
	]);
	if (busy !== undefined) {
		return {type: 'item.checked', ...stamp, found: 'unknown', say: busy.message, problem: busy};
	}

	const answer = waited ? await look() : first;
	if (answer === 'expired' || expired()) {
		return {type: 'item.checked', ...stamp, found: 'expired', say: 'It was approved too long ago.'};
	}

	return answer.kind === 'holds'
		? {type: 'effect.intended', ...stamp, request: itemRequestId(context.incident.id, stamp, item)}
		: {type: 'item.checked', ...stamp, found: answer.kind, ...withoutKind(answer)};
}

/** An action without a precondition checks what it was approved for in its run. Any error leaves the answer unknown. */
async function ask(
	effect: StepStamp & {item: string},
	stepAction: StepAction,
	context: EffectContext,
): Promise<Precondition> {
	const {precondition} = stepAction.action;
	if (!precondition) {
		return {kind: 'holds'};
	}

	try {
		return await lookUp(effect, stepAction, context, (inputs, asked) => precondition(inputs, asked));
	} catch (error) {
		context.signal.throwIfAborted();
		if (!(error instanceof OperatorError)) {
			throw error;
		}

		const {code, message, hint} = error;
		return {kind: 'unknown', say: message, problem: {code, message, hint}};
	}
}

function withoutKind({say, problem}: Exclude<Precondition, {kind: 'holds'}>) {
	return {say, ...defined({problem})};
}
