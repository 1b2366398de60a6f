import {isObject, type Json, type JsonObject, toJson} from '../json.ts';
import {weighRemedies} from '../remedy/advice.ts';
import {findStep, isStop, type Option, type Step} from '../runbook/runbook.ts';
import type {Problem} from './event.ts';
import {type Incident, lastVisit, stillRunning} from './incident.ts';
import {resolve, shellWord} from './template.ts';

export type Frozen = {ok: true; with: JsonObject} | {ok: false; problem: Problem};

/**
 * Resolves a step's values as they are now. The journal keeps the result and the gate shows it: what runs is what was read.
 * A `choose` carries its options, a `by-hand` its commands, an `ask` its questions.
 */
export function freeze(incident: Incident, step: Step): Frozen {
	const scope = scopeOf(incident);
	const values = resolve(step.with, scope);
	const texts = resolve(textsOf(step), scope, step.does.kind === 'by-hand' ? shellWord : undefined);
	const missing = !values.ok ? values.missing : !texts.ok ? texts.missing : undefined;
	if (!values.ok || !texts.ok) {
		return {
			ok: false,
			problem: {
				code: 'runbook.value-missing',
				message: `"${step.title}" needs ${missing}, and no step has found it yet.`,
				hint: 'Go back to the step that finds it, or choose another way.',
			},
		};
	}

	const frozen = {...(values.value as JsonObject), ...(texts.value as JsonObject)};
	return {
		ok: true,
		with: step.does.kind === 'choose' ? {...frozen, options: optionsOf(incident, step, frozen)} : frozen,
	};
}

/** What `${…}` can name. */
export function scopeOf(incident: Incident): JsonObject {
	const steps = Object.fromEntries(
		incident.runbook.steps.flatMap(({id}): [string, Json][] => {
			const visit = lastVisit(incident, id);
			return visit ? [[id, {...visit.output, outcome: visit.outcome ?? null, said: visit.say ?? null}]] : [];
		}),
	);
	return {
		inputs: incident.inputs,
		settings: incident.settings,
		incident: {id: incident.id, opened: incident.openedAt},
		steps,
	};
}

/** What a step says to a person, with values in it. */
export function textsOf({does}: Step): JsonObject {
	switch (does.kind) {
		case 'ask':
			return {questions: toJson(does.questions)};
		case 'by-hand':
			return {commands: does.commands};
		case 'choose':
			return {question: does.question};
		default:
			return {};
	}
}

function optionsOf(incident: Incident, step: Step, values: JsonObject): Json {
	const does = step.does as Extract<Step['does'], {kind: 'choose'}>;
	const routed = Object.keys(step.outcomes);
	const listed = Object.entries(does.options).map(([key, {title, recommended}]: [string, Option]) => ({
		key,
		title,
		recommended: recommended !== undefined,
		...(recommended === undefined ? {} : {why: recommended}),
	}));

	const scan = incident.visits.findLast(({shows, outcome}) => shows === 'cause' && outcome !== undefined);
	// What a page names may be the first check; it is decided from what the latest found.
	const faults = incident.visits.findLast(({shows, output}) => shows === 'verdict' && hasSome(output.faults))?.output;
	const weighed =
		does.weigh === 'remedies'
			? weighRemedies({
					...values,
					...(faults === undefined ? {} : {faults: faults.faults ?? null}),
					settings: incident.settings,
					tried: triedIn(incident, step),
					complete: scan?.output.complete ?? null,
					scan: scan?.outcome ?? null,
					underWay: underWayIn(incident, step) ?? null,
				}).filter(({key}) => routed.includes(key))
			: [];
	return toJson([...weighed, ...listed].filter(option => isObject(toJson(option))));
}

/**
 * What was chosen and then really begun: a remedy that was declined at its gate is still untried. So is a build that came to
 * an end and changed nothing, once the registry that may have swallowed it was restarted.
 */
function triedIn({visits}: Incident, {id}: Step): string[] {
	const tried = visits.flatMap(({step, outcome}, at) => {
		const next = visits[at + 1];
		const begun = next && (next.tries > 0 || ['ran', 'assumed', 'answered', 'by-hand'].includes(next.ended ?? ''));
		const isChecked = visits[at + 2]?.shows === 'verdict';
		return step === id && outcome !== undefined && begun ? [{key: outcome, isChecked}] : [];
	});
	const restart = tried.findLastIndex(({key, isChecked}) => key === 'restart' && isChecked);
	return tried
		.filter(({key, isChecked}, at) => at > restart || !isChecked || !key.startsWith('rebuild-'))
		.map(({key}) => key);
}

function hasSome(value: Json | undefined): boolean {
	return Array.isArray(value) && value.length > 0;
}

/** The option whose build was begun and may still run, unless a person has dealt with it by hand since. */
function underWayIn({visits, runbook}: Incident, {outcomes}: Step): string | undefined {
	return Object.keys(outcomes).find(key => {
		const route = outcomes[key]!;
		const last = isStop(route) ? -1 : visits.findLastIndex(({step}) => step === route.to);
		const dealtWith = visits
			.slice(last + 1)
			.some(({step, outcome}) => outcome === 'done' && findStep(runbook, step)?.does.kind === 'by-hand');
		return visits[last]?.ended === 'ran' && visits[last].outcome === stillRunning && !dealtWith;
	});
}
