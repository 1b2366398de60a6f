import {defined} from '../../domain/defined.ts';
import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import {isDestructive, sayChange} from '../../domain/incident/change.ts';
import type {Happening, ItemStamp, StepStamp} from '../../domain/incident/event.ts';
import {currentVisit, type Gate, requestId} from '../../domain/incident/incident.ts';
import {parseChanges} from '../../domain/incident/parse-changes.ts';
import {resolveStep} from '../../domain/incident/resolve-step.ts';
import {toJson, toJsonObject} from '../../domain/json.ts';
import {itemStampOf, type MachineEffect, stampOf} from '../../domain/machine/effects.ts';
import {findStep} from '../../domain/runbook/runbook.ts';
import type {Reconciliation} from '../actions/action.ts';
import {awaitCleaners} from './await-cleaners.ts';
import {gateLastsMs, lookUp} from './look-up.ts';
import {perform} from './perform.ts';
import {beginItem, openPlanGate, preparePlan} from './plan.ts';
import {actionIn, type EffectContext, stepActionOf} from './step-action.ts';

const retryAfterMs = [1_000, 3_000, 8_000];
/** A change that is lost and found again and again must not flood the journal. */
const followAgainAfterMs = 500;

/** Carries out what the machine asked for, and reports how it ended. */
export async function carryOut(effect: MachineEffect, context: EffectContext): Promise<'closed' | undefined> {
	const {incident, report, ports, signal, journal} = context;
	switch (effect.kind) {
		case 'start':
			await report(begin(effect, context));
			return undefined;

		case 'open-gate':
		case 'assume':
			await (currentVisit(incident)?.items ? openPlanGate(effect, context) : openGate(effect, context).then(report));
			return undefined;

		case 'prepare':
			await report(await preparePlan(effect, context));
			return undefined;

		case 'begin':
			await report(await beginItem(effect, context));
			return undefined;

		case 'intend': {
			if (effect.tries > 0) {
				await ports.clock.sleep(retryAfterMs[Math.min(effect.tries, retryAfterMs.length) - 1]!, {signal});
			}

			await report(await intend(effect, context));
			return undefined;
		}

		case 'perform':
			if (effect.attach) {
				await ports.clock.sleep(followAgainAfterMs, {signal});
			}

			await perform(effect, context);
			return undefined;

		case 'reconcile':
			await report(await reconcile(effect, context));
			return undefined;

		case 'wait': {
			// A clock that was set back must not make it longer than the runbook says.
			const does = findStep(incident.runbook, effect.step)?.does;
			const whole = does?.kind === 'wait' ? does.milliseconds : 0;
			const left = Date.parse(effect.until) - ports.clock.now().getTime();
			await ports.clock.sleep(Math.min(whole, Math.max(0, left)), {signal});
			await report({type: 'wait.elapsed', ...stampOf(effect)});
			return undefined;
		}

		case 'close':
			if (incident.phase.kind === 'stopped' && !incident.phase.closed) {
				await report({type: 'incident.closed'});
			}

			await journal.seal();
			return 'closed';
	}
}

function begin(effect: StepStamp, {incident, actions}: EffectContext): Happening {
	const step = findStep(incident.runbook, effect.step)!;
	const resolved = resolveStep(incident, step);
	if (!resolved.ok) {
		return {type: 'step.blocked', ...stampOf(effect), problem: resolved.problem};
	}

	const action = actionIn(step, actions);
	return {
		type: 'step.started',
		...stampOf(effect),
		effect: action?.effect ?? 'read',
		with: resolved.with,
		success: action?.success ?? [],
		...defined({shows: action?.shows, sparesImage: action?.sparesImage}),
	};
}

/** The intent of an effect. After a wait for a cleaner the gate is looked up again: what was approved may be gone by now. */
async function intend(effect: StepStamp, context: EffectContext): Promise<Happening> {
	const {action, visit} = stepActionOf(effect, context);
	const {problem, waited} = action.effect === 'read' ? {waited: false} : await awaitCleaners(effect, action, context);
	if (problem !== undefined) {
		return {type: 'step.blocked', ...stampOf(effect), problem};
	}

	const again = waited ? await openGate({...effect, kind: 'open-gate'}, context) : undefined;
	if (again !== undefined && !(again.type === 'gate.opened' && showsTheSame(again, visit.gate))) {
		context.live.write('What it would change is no longer what was approved.');
		return again;
	}

	return {type: 'effect.intended', ...stampOf(effect), request: requestId(context.incident, effect)};
}

function showsTheSame(
	{target, changes, plan}: Extract<Happening, {type: 'gate.opened'}>,
	gate: Gate | undefined,
): boolean {
	return (
		gate !== undefined &&
		gate.target === target &&
		JSON.stringify(gate.changes) === JSON.stringify(parseChanges(changes, plan))
	);
}

/** The gate before a write; in a dry run, what the write would change. A gate that cannot name its changes does not open. */
async function openGate(
	effect: Extract<MachineEffect, {kind: 'open-gate' | 'assume'}>,
	context: EffectContext,
): Promise<Happening> {
	const {ports} = context;
	const stepAction = stepActionOf(effect, context);
	const {action, step, visit} = stepAction;
	try {
		const {target, changes, undo, phrase} = await lookUp(effect, stepAction, context, (inputs, asked) =>
			action.gate!(inputs, visit.tries > 0 ? {...asked, again: true} : asked),
		);
		const sentences = changes.flatMap(sayChange);
		if (effect.kind === 'assume') {
			const say = `Dry run: would change ${target}: ${sentences.join('; ')}.`;
			const output = Object.fromEntries(Object.keys(action.provides).map(name => [name, null]));
			return {type: 'effect.assumed', ...stampOf(effect), outcome: action.success[0]!, output, say};
		}

		const typed = step.gate?.typed === true || action.effect === 'destructive' || changes.some(isDestructive);
		const expires = new Date(ports.clock.now().getTime() + gateLastsMs).toISOString();
		return {
			type: 'gate.opened',
			...stampOf(effect),
			target,
			changes: sentences,
			plan: toJson(changes),
			undo,
			...(typed ? {phrase} : {}),
			expires,
		};
	} catch (error) {
		const {code, message, hint} = asOperatorError(error);
		return {type: 'step.blocked', ...stampOf(effect), problem: {code, message, hint}};
	}
}

/**
 * Looks up whether a change was made. Any error leaves that unknown, also a bug: a person can still record the outcome.
 */
async function reconcile(effect: ItemStamp, context: EffectContext): Promise<Happening> {
	const {signal} = context;
	const stepAction = stepActionOf(effect, context);
	const found = await lookUp(
		effect,
		stepAction,
		context,
		async (inputs, asked): Promise<Reconciliation> =>
			(await stepAction.action.reconcile?.(inputs, asked)) ?? {
				kind: 'unknown',
				say: 'No outside system keeps a record of it. Check it yourself, then record the outcome by hand.',
			},
	).catch((error: Error): Reconciliation => {
		signal.throwIfAborted();
		const hint = error instanceof OperatorError ? error.hint : 'Check it yourself, then record the outcome by hand.';
		return {kind: 'unknown', say: `${error.message} ${hint}`};
	});
	const {kind, say, ...end} = found;
	return {
		type: 'effect.reconciled',
		...itemStampOf(effect),
		found: kind,
		...('outcome' in end ? {outcome: end.outcome, ...defined({problem: end.problem})} : {}),
		...('output' in end ? {output: toJsonObject(end.output)} : {}),
		say,
	};
}
