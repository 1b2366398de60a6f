import type {Happening, StepStamp} from '../../domain/incident/event.ts';
import {currentVisit, type Incident, requestId, takenUp} from '../../domain/incident/incident.ts';
import type {JsonObject} from '../../domain/json.ts';
import {stampOf} from '../../domain/machine/moves.ts';
import {findStep, type Step} from '../../domain/runbook/runbook.ts';
import type {Action, ActionContext, Ports, Progress} from '../actions/action.ts';
import type {Journal} from '../ports/journal.ts';

/** Everything that carrying out one effect needs. */
export type Performance = {
	incident: Incident;
	journal: Journal;
	ports: Ports;
	actions: readonly Action[];
	signal: AbortSignal;
	live: {write(text: string): void; progress(progress: Progress | undefined): void};
	report(happening: Happening): Promise<void>;
};

/** What an action is told about its step. */
export function contextOf(
	effect: StepStamp & {attach?: JsonObject},
	{incident, ports, signal, live, report}: Performance,
	note?: (text: string) => void,
): ActionContext {
	const visit = currentVisit(incident)!;
	const attach = effect.attach ?? takenUp(incident, effect)?.output;
	return {
		ports,
		settings: incident.settings,
		request: requestId(incident, effect),
		...(attach === undefined ? {} : {attach}),
		...(visit.gate === undefined ? {} : {approved: visit.gate.changes}),
		recorded: visit.progress,
		timeoutMs: stepOf(effect, incident).timeoutMs,
		signal,
		log(text) {
			live.write(text);
			note?.(text);
		},
		progress: live.progress,
		record: (name, detail, say) => report({type: 'effect.progressed', ...stampOf(effect), name, detail, say}),
	};
}

export function frozenInputs(incident: Incident): JsonObject {
	return currentVisit(incident)!.with;
}

export function stepOf({step}: StepStamp, {runbook}: Incident): Step {
	return findStep(runbook, step)!;
}

/** The action of a step; undefined where a person does it. */
export function actionIn({does}: Step, actions: readonly Action[]): Action | undefined {
	if (does.kind !== 'action') {
		return undefined;
	}

	const action = actions.find(({name}) => name === does.action);
	if (!action) {
		throw new Error(`There is no action "${does.action}": a linted runbook names none that is missing.`);
	}

	return action;
}

export function actionOf(effect: StepStamp, {incident, actions}: Performance): Action {
	return actionIn(stepOf(effect, incident), actions)!;
}
