import {defined} from '../defined.ts';
import {type Json, type JsonObject, toJson} from '../json.ts';
import {evidenceIn} from '../remedy/evidence.ts';
import {weighRemedies} from '../remedy/weigh-remedies.ts';
import {type Doing, remedyOfPage, type Step} from '../runbook/runbook.ts';
import type {ChoiceOption} from './asked.ts';
import type {Problem} from './event.ts';
import {type Incident, lastVisit} from './incident.ts';
import {type PlanRow, readRows} from './plan-row.ts';
import {resolveValues, shellWord} from './template.ts';

type ResolvedStep = {ok: true; with: JsonObject} | {ok: false; problem: Problem};

/**
 * Resolves the values of a step when it begins. The journal keeps the result and the gate shows it, so that what runs is what
 * was approved. A `choose` gets its options, a `by-hand` its commands, an `ask` its questions.
 */
export function resolveStep(incident: Incident, step: Step): ResolvedStep {
	const scope = scopeOf(incident);
	const {does} = step;
	const given = resolveValues(step.with, scope);
	const texts = resolveValues(textsOf(does), scope, does.kind === 'by-hand' ? shellWord : undefined);
	if (!given.ok) {
		return {ok: false, problem: valueMissing(step, given.missing)};
	}

	if (!texts.ok) {
		return {ok: false, problem: valueMissing(step, texts.missing)};
	}

	const wrong = wrongPlan(incident, does, texts.values);
	if (wrong !== undefined) {
		const hint = 'Go back to the step that provides it, or fix the runbook.';
		return {
			ok: false,
			problem: {code: 'runbook.value-invalid', message: `"${step.title}" cannot begin: ${wrong}.`, hint},
		};
	}

	return {
		ok: true,
		with: {
			...given.values,
			...texts.values,
			...(does.kind === 'choose' ? {options: toJson(optionsOf(incident, step, does))} : {}),
		},
	};
}

/** Why a plan cannot be settled or carried out; undefined: it can. A plan is carried out once. */
function wrongPlan(incident: Incident, does: Doing, texts: JsonObject): string | undefined {
	if (does.kind === 'plan') {
		const read = readRows(texts.rows, Object.keys(does.remedies));
		return read.ok ? undefined : read.why;
	}

	if (does.kind !== 'apply') {
		return undefined;
	}

	const plan = lastVisit(incident, does.plan);
	if (plan?.output.kind !== 'plan' || plan.output.items.length === 0) {
		return `"${does.plan}" has left nothing to carry out`;
	}

	const wasApplied = incident.visits.some(
		({planned, items = []}) =>
			planned?.step === plan.step &&
			planned.attempt === plan.attempt &&
			items.some(({requests, state}) => requests.length > 0 || state.kind === 'ended'),
	);
	return wasApplied ? 'this plan was carried out already: make a new one' : undefined;
}

/** The inputs that the chosen remedy of a row has, resolved. */
export function resolveRemedy(incident: Incident, step: Step, row: PlanRow): ResolvedStep {
	const remedy = step.does.kind === 'plan' ? step.does.remedies[remedyOfPage(row.remedy)] : undefined;
	const {values} = row.remedies.find(each => each.remedy === row.remedy) ?? {};
	const resolved = resolveValues(remedy?.with ?? {}, {...scopeOf(incident), row: {...row.values, ...values}});
	return resolved.ok ? {ok: true, with: resolved.values} : {ok: false, problem: valueMissing(step, resolved.missing)};
}

function valueMissing({title}: Step, missing: string): Problem {
	return {
		code: 'runbook.value-missing',
		message: `"${title}" needs ${missing}, and no step has provided it yet.`,
		hint: 'Go back to the step that provides it, or choose another option.',
	};
}

/** The values that `${…}` can name. */
function scopeOf(incident: Incident): JsonObject {
	const steps = Object.fromEntries(
		incident.runbook.steps.flatMap(({id}): [string, Json][] => {
			const visit = lastVisit(incident, id);
			return visit ? [[id, {...visit.values, outcome: visit.outcome, said: visit.say}]] : [];
		}),
	);
	return {
		inputs: incident.opening.inputs,
		settings: incident.opening.settings,
		incident: {id: incident.id, opened: incident.openedAt},
		steps,
	};
}

/** The texts that a step shows to a person, before their values are resolved. */
export function textsOf(does: Doing): JsonObject {
	switch (does.kind) {
		case 'ask':
			return {questions: toJson(does.questions)};
		case 'by-hand':
			return {commands: does.commands};
		case 'choose':
			return {question: does.question};
		case 'plan':
			return {rows: does.rows};
		default:
			return {};
	}
}

/** The remedies that the runbook has steps for, then the options that its author lists. */
function optionsOf(incident: Incident, step: Step, does: Extract<Doing, {kind: 'choose'}>): ChoiceOption[] {
	const listed = Object.entries(does.options).map(([key, {title, recommended: why}]) => ({
		key,
		title,
		recommended: why !== undefined,
		...defined({why}),
	}));
	const weighed =
		does.weigh === 'remedies'
			? weighRemedies(evidenceIn(incident, step)).filter(({key}) => Object.hasOwn(step.outcomes, key))
			: [];
	return [...weighed, ...listed];
}
