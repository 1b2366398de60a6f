import {OperatorError} from '../domain/errors.ts';
import type {EvidenceNote, Happening, StepStamp} from '../domain/event.ts';
import {freeze} from '../domain/freeze.ts';
import {currentVisit, type Incident, requestId} from '../domain/incident.ts';
import type {MachineEffect} from '../domain/machine-moves.ts';
import {findStep, type Step} from '../domain/runbook.ts';
import type {Action, ActionContext, Ports, Progress} from './action.ts';
import {createEvidence} from './evidence.ts';
import type {Journal} from './ports.ts';

export type Performance = {
	incident: Incident;
	journal: Journal;
	ports: Ports;
	actions: readonly Action[];
	signal: AbortSignal;
	live: {write(text: string): void; progress(progress: Progress | undefined): void};
	report(happening: Happening): Promise<void>;
};

const gateLastsMs = 15 * 60_000;
const retryAfterMs = [1_000, 3_000, 8_000];

/** Does what the machine asked for, and reports back what came of it. */
export async function carryOut(effect: MachineEffect, performance: Performance): Promise<'closed' | undefined> {
	const {incident, report, ports, signal} = performance;
	switch (effect.do) {
		case 'start':
			await report(startOf(effect, performance));
			return undefined;

		case 'open-gate':
		case 'assume':
			await report(await gateOf(effect, performance));
			return undefined;

		case 'intend':
			if (effect.tries > 0) {
				await ports.clock.sleep(retryAfterMs[Math.min(effect.tries, retryAfterMs.length) - 1]!, {signal});
			}

			await report({type: 'effect.intended', ...stampOf(effect), request: requestId(incident, effect)});
			return undefined;

		case 'perform':
			await perform(effect, performance);
			return undefined;

		case 'reconcile': {
			const action = actionOf(effect, performance);
			const answer = await action.reconcile!(frozenInputs(incident), contextOf(effect, performance)).catch(error =>
				unanswered(error),
			);
			await report({type: 'effect.reconciled', ...stampOf(effect), ...answer});
			return undefined;
		}

		case 'wait':
			await ports.clock.sleep(Math.max(0, Date.parse(effect.until) - ports.clock.now().getTime()), {signal});
			await report({type: 'wait.elapsed', ...stampOf(effect)});
			return undefined;

		case 'close':
			await report({type: 'incident.closed'});
			await performance.journal.seal();
			return 'closed';
	}
}

function startOf(effect: StepStamp, {incident, actions}: Performance): Happening {
	const step = findStep(incident.runbook, effect.step)!;
	const frozen = freeze(incident, step);
	if (!frozen.ok) {
		return {type: 'step.blocked', ...stampOf(effect), problem: frozen.problem};
	}

	const action = step.does.kind === 'action' ? lookUp(step.does.action, actions) : undefined;
	return {
		type: 'step.started',
		...stampOf(effect),
		effect: action?.effect ?? 'read',
		with: frozen.with,
		success: action?.success ?? [],
		...(action?.shows === undefined ? {} : {shows: action.shows}),
		...(action?.sparesImage ? {sparesImage: true} : {}),
	};
}

/** What stands before a write; in a dry run, what it would do. A gate that cannot say what it is about does not open. */
async function gateOf(
	effect: Extract<MachineEffect, {do: 'open-gate' | 'assume'}>,
	performance: Performance,
): Promise<Happening> {
	const {incident, ports} = performance;
	const action = actionOf(effect, performance);
	try {
		const {phrase, ...text} = await action.gate!(frozenInputs(incident), contextOf(effect, performance));
		if (effect.do === 'assume') {
			const say = `Dry run: would change ${text.target}: ${text.changes.join('; ')}.`;
			return {type: 'effect.assumed', ...stampOf(effect), outcome: action.success[0]!, say};
		}

		const typed = findStep(incident.runbook, effect.step)?.gate?.typed === true || action.effect === 'destructive';
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

async function perform(effect: Extract<MachineEffect, {do: 'perform'}>, performance: Performance): Promise<void> {
	const {incident, report, live, journal, ports} = performance;
	const step = findStep(incident.runbook, effect.step)!;
	const action = actionOf(effect, performance);
	const seen = createEvidence(ports.secrets.redact);
	const deadline = AbortSignal.timeout(step.timeoutMs);
	const context = contextOf(effect, performance, seen.write);
	const signal = AbortSignal.any([context.signal, deadline]);
	const deafen = ports.overhear?.(context.log);
	let happening: Happening;

	try {
		const {outcome, output, say} = await action.run(frozenInputs(incident), {...context, signal});
		happening = {type: 'effect.finished', ...stampOf(effect), outcome, output, say};
	} catch (error) {
		// Called off by a person or by leaving: the phase has moved on, or the journal says that we left.
		performance.signal.throwIfAborted();
		happening = failureOf(effect, step, action, deadline.aborted ? tooLate(step, error) : error);
	} finally {
		deafen?.();
		live.progress(undefined);
	}

	const evidence = await keep(effect, seen, journal);
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
function tooLate(step: Step, cause: unknown): OperatorError {
	const seconds = Math.round(step.timeoutMs / 1000);
	return new OperatorError(
		step.gate ? 'effect.unknown' : 'step.timeout',
		`"${step.title}" did not end within ${seconds} s.`,
		{
			hint: 'The system it talks to is slow or silent. Look at it, then decide again.',
			exit: step.gate ? 'indeterminate' : 'unreachable',
			cause,
		},
	);
}

function unanswered(error: unknown): {found: 'unknown'; say: string} {
	if (error instanceof OperatorError) {
		return {found: 'unknown', say: `${error.message} ${error.hint}`};
	}

	throw error;
}

async function keep(
	effect: StepStamp,
	seen: ReturnType<typeof createEvidence>,
	journal: Journal,
): Promise<EvidenceNote[]> {
	const text = seen.text();
	return text === '' ? [] : [await journal.keep(`${effect.step}-${effect.attempt}.log`, text)];
}

function contextOf(
	effect: StepStamp & {attach?: ActionContext['attach']},
	performance: Performance,
	note?: (text: string) => void,
): ActionContext {
	const {incident, ports, signal, live, report} = performance;
	return {
		ports,
		settings: incident.settings,
		request: requestId(incident, effect),
		...(effect.attach === undefined ? {} : {attach: effect.attach}),
		recorded: currentVisit(incident)?.progress ?? [],
		timeoutMs: findStep(incident.runbook, effect.step)!.timeoutMs,
		signal,
		log(text) {
			live.write(text);
			note?.(text);
		},
		progress: live.progress,
		record: (name, detail, say) => report({type: 'effect.progressed', ...stampOf(effect), name, detail, say}),
	};
}

function frozenInputs(incident: Incident) {
	return currentVisit(incident)!.with;
}

function actionOf(effect: StepStamp, {incident, actions}: Performance): Action {
	const {does} = findStep(incident.runbook, effect.step)!;
	if (does.kind !== 'action') {
		throw new Error(`"${effect.step}" is not an action.`);
	}

	return lookUp(does.action, actions);
}

function lookUp(name: string, actions: readonly Action[]): Action {
	const action = actions.find(candidate => candidate.name === name);
	if (!action) {
		throw new Error(`There is no action "${name}": a linted runbook names none that is missing.`);
	}

	return action;
}

function stampOf({step, attempt}: StepStamp): StepStamp {
	return {step, attempt};
}
