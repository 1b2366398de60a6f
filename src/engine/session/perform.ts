import {OperatorError} from '../../domain/errors.ts';
import type {EvidenceNote, Happening, StepStamp} from '../../domain/incident/event.ts';
import {type MachineEffect, stampOf} from '../../domain/machine/moves.ts';
import type {Step} from '../../domain/runbook/runbook.ts';
import {sayDuration} from '../../domain/text/duration.ts';
import type {Action} from '../actions/action.ts';
import type {Journal} from '../ports/journal.ts';
import {deadlineAfter, withinDeadline} from './deadline.ts';
import {createEvidence} from './evidence.ts';
import {actionOf, contextOf, frozenInputs, type Performance, stepOf} from './performance.ts';

/** Runs the step's action once, keeps what it saw, and reports how it ended. */
export async function perform(
	effect: Extract<MachineEffect, {do: 'perform'}>,
	performance: Performance,
): Promise<void> {
	const {incident, report, live, journal, ports} = performance;
	const step = stepOf(effect, incident);
	const action = actionOf(effect, performance);
	const seen = createEvidence(ports.secrets.redact);
	const deadline = deadlineAfter(step.timeoutMs, performance.signal);
	const context = contextOf(effect, performance, seen.write);
	const deafen = ports.overhear?.(context.log);
	let happening: Happening;

	try {
		const run = action.run(frozenInputs(incident), {...context, signal: deadline.signal});
		const {outcome, output, say} = await withinDeadline(run, deadline);
		happening = {type: 'effect.finished', ...stampOf(effect), outcome, output, say};
	} catch (error) {
		// Called off by a person or by leaving: the phase has moved on, or the journal says that we left.
		performance.signal.throwIfAborted();
		happening = failureOf(effect, step, action, deadline.isOver() ? tooLate(step, action, error) : error);
	} finally {
		deadline.clear();
		deafen?.();
		live.progress(undefined);
	}

	const evidence = await keep(effect, seen.text(), journal);
	await report({...happening, ...(evidence.length === 0 ? {} : {evidence})} as Happening);
}

/** @throws what is neither the operator's to mend nor a write that may have happened: a bug */
function failureOf(effect: StepStamp, step: Step, action: Action, error: unknown): Happening {
	const writes = action.effect !== 'read';
	if (!(error instanceof OperatorError) && !writes) {
		throw error;
	}

	const known = error instanceof OperatorError ? error : undefined;
	const indeterminate = writes && (known === undefined || known.code === 'effect.unknown');
	const outcome = known && action.outcomeOf?.(known);
	return {
		type: 'effect.failed',
		...stampOf(effect),
		problem: {
			code: known?.code ?? 'bug',
			message: error instanceof Error ? error.message : String(error),
			hint: known?.hint ?? 'This is a bug in regmedic. Whether the change happened is being looked up.',
		},
		transient: known?.transient ?? false,
		indeterminate,
		...(outcome !== undefined && Object.hasOwn(step.outcomes, outcome) ? {outcome} : {}),
	};
}

/** A read that takes too long has failed; a write that takes too long may have happened. */
function tooLate(step: Step, {effect}: Action, cause: unknown): OperatorError {
	const reads = effect === 'read';
	return new OperatorError(
		reads ? 'step.timeout' : 'effect.unknown',
		`"${step.title}" did not end within ${sayDuration(step.timeoutMs)}.`,
		{
			hint: 'The system it talks to is slow or silent. Look at it, then decide again.',
			exit: reads ? 'unreachable' : 'indeterminate',
			cause,
		},
	);
}

async function keep({step, attempt}: StepStamp, text: string, journal: Journal): Promise<EvidenceNote[]> {
	return text === '' ? [] : [await journal.keep(`${step}-${attempt}.log`, text)];
}
