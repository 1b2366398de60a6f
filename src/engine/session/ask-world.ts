import {OperatorError} from '../../domain/errors.ts';
import type {Happening, StepStamp} from '../../domain/incident/event.ts';
import {type MachineEffect, stampOf} from '../../domain/machine/moves.ts';
import type {ActionContext, Reconciliation} from '../actions/action.ts';
import {deadlineAfter, withinDeadline} from './deadline.ts';
import {actionOf, contextOf, frozenInputs, type Performance, stepOf} from './performance.ts';

const gateLastsMs = 15 * 60_000;
/** Looking something up is quicker than changing it. */
const looksAtMostMs = 2 * 60_000;

/** What stands before a write; in a dry run, what it would do. A gate that cannot say what it is about does not open. */
export async function gateOf(
	effect: Extract<MachineEffect, {do: 'open-gate' | 'assume'}>,
	performance: Performance,
): Promise<Happening> {
	const {incident, ports} = performance;
	const action = actionOf(effect, performance);
	try {
		const {phrase, ...text} = await ask(effect, performance, context => action.gate!(frozenInputs(incident), context));
		if (effect.do === 'assume') {
			const say = `Dry run: would change ${text.target}: ${text.changes.join('; ')}.`;
			const output = Object.fromEntries(Object.keys(action.provides).map(name => [name, null]));
			return {type: 'effect.assumed', ...stampOf(effect), outcome: action.success[0]!, output, say};
		}

		const typed = stepOf(effect, incident).gate?.typed === true || action.effect === 'destructive';
		const expires = new Date(ports.clock.now().getTime() + gateLastsMs).toISOString();
		return {type: 'gate.opened', ...stampOf(effect), ...text, ...(typed ? {phrase} : {}), expires};
	} catch (error) {
		if (!(error instanceof OperatorError)) {
			throw error;
		}

		const {code, message, hint} = error;
		return {type: 'step.blocked', ...stampOf(effect), problem: {code, message, hint}};
	}
}

/** What became of a change. Whatever keeps us from an answer, also a bug of ours, leaves it unknown: a person can still say. */
export async function reconcile(effect: StepStamp, performance: Performance): Promise<Happening> {
	const {incident, signal} = performance;
	const action = actionOf(effect, performance);
	const answer = await ask(
		effect,
		performance,
		async (context): Promise<Reconciliation> =>
			(await action.reconcile?.(frozenInputs(incident), context)) ?? {
				found: 'unknown',
				say: `Nothing tells what became of it. Look for yourself, then say by hand what you found.`,
			},
	).catch((error: Error): Reconciliation => {
		signal.throwIfAborted();
		const hint = error instanceof OperatorError ? error.hint : 'Look for yourself, then say by hand what you found.';
		return {found: 'unknown', say: `${error.message} ${hint}`};
	});
	return {type: 'effect.reconciled', ...stampOf(effect), ...answer};
}

/** @throws OperatorError step.timeout: also a question to the world has an end */
async function ask<T>(
	effect: StepStamp,
	performance: Performance,
	question: (context: ActionContext) => Promise<T>,
): Promise<T> {
	const step = stepOf(effect, performance.incident);
	const deadline = deadlineAfter(Math.min(step.timeoutMs, looksAtMostMs), performance.signal);
	try {
		const context = contextOf(effect, performance);
		return await withinDeadline(question({...context, signal: deadline.signal}), deadline);
	} catch (error) {
		performance.signal.throwIfAborted();
		throw deadline.isOver()
			? new OperatorError('step.timeout', `"${step.title}" got no answer in time.`, {
					hint: 'The system it talks to is slow or silent. Look at it, then try again.',
					exit: 'unreachable',
					cause: error,
				})
			: error;
	} finally {
		deadline.clear();
	}
}
