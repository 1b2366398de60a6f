import type {EvidenceNote, Problem, StepStamp} from './event.ts';
import {type Incident, nextAttempt, type Phase, type Visit} from './incident.ts';
import type {JsonObject} from './json.ts';
import {findStep, isStop} from './runbook.ts';
import type {Verdict} from './verdict.ts';

/** What has to be done next, in the world or in the journal. Carried out by the engine, never here. */
export type MachineEffect =
	| ({do: 'start'} & StepStamp)
	| ({do: 'open-gate'} & StepStamp)
	| ({do: 'assume'} & StepStamp)
	| ({do: 'intend' /** Which try of this visit it is, from 0. */; tries: number} & StepStamp)
	| ({
			do: 'perform';
			request: string /** What is known of it when it is already under way. */;
			attach?: JsonObject;
	  } & StepStamp)
	| ({do: 'reconcile'; request: string} & StepStamp)
	| ({do: 'wait'; until: string} & StepStamp)
	| {do: 'close'};

export type Advanced = [Incident, MachineEffect[]];

export function arrive(incident: Incident, step: string): Advanced {
	return [{...incident, phase: {is: 'arriving', step}}, [{do: 'start', step, attempt: nextAttempt(incident, step)}]];
}

/** Where a person decides; a runbook without such a step has to be answered where it stands. */
export function arriveAtDecide(incident: Incident): Advanced {
	const {decide} = incident.runbook;
	const last = incident.visits.at(-1);
	if (decide !== undefined && !(last?.step === decide && last.ended === 'surprise')) {
		return arrive(incident, decide);
	}

	return [
		{...incident, phase: {is: 'stuck', step: last?.step ?? incident.runbook.start, attempt: last?.attempt ?? 1}},
		[],
	];
}

/** Something happened that the runbook has no answer to: a person decides, with the error and its hint in sight. */
export function surprise(incident: Incident, stamp: StepStamp, problem: Problem, at: string): Advanced {
	const visited = withVisit(incident, stamp, at);
	const ended = endVisit(visited, at, {ended: 'surprise', say: problem.message, problem});
	return arriveAtDecide({...ended, problem: {...problem, step: stamp.step}});
}

export type Ending = StepStamp & {
	at: string;
	outcome: string;
	output: JsonObject;
	say: string;
	problem?: Problem;
	evidence?: EvidenceNote[];
};

/** Ends the visit and takes the route of its outcome. */
export function finish(incident: Incident, ending: Ending, how: NonNullable<Visit['ended']>): Advanced {
	const {step: id, at, outcome, output, say, problem, evidence = []} = ending;
	const step = findStep(incident.runbook, id);
	const route = step && Object.hasOwn(step.outcomes, outcome) ? step.outcomes[outcome] : undefined;
	if (!route) {
		const unrouted = {
			code: 'runbook.unrouted',
			message: `"${id}" ended with "${outcome}", and the runbook does not say what follows.`,
			hint: 'Decide how to go on; then lint the runbook.',
		};
		return surprise(incident, ending, unrouted, at);
	}

	const visited = withVisit(incident, ending, at);
	const visit = visited.visits.findLast(matches(ending))!;
	const ended = endVisit(
		visited,
		at,
		{
			ended: how,
			outcome,
			output,
			say,
			evidence: [...visit.evidence, ...evidence],
			...(problem === undefined ? {} : {problem}),
		},
		ending,
	);
	const known = {...ended, ...verdictAfter(ended, visit, how, output, at)};

	if (isStop(route)) {
		const {stop, say: last, unverified} = route;
		return [{...known, phase: {is: 'stopped', stop, say: last, unverified, closed: false}}, [{do: 'close'}]];
	}

	return arrive(known, route.to);
}

/** Only a check that ran proves anything; a change made by hand unproves what was known. */
function verdictAfter(
	{verdict}: Incident,
	visit: Visit,
	how: Visit['ended'],
	output: JsonObject,
	at: string,
): Pick<Incident, 'verdict'> {
	const proven = visit.shows === 'verdict' && how === 'ran' ? verdictIn(output) : undefined;
	if (proven) {
		return {verdict: {verdict: proven, at}};
	}

	const changedByHand = how === 'by-hand' && visit.effect !== 'read';
	return changedByHand ? {verdict: {verdict: 'unknown', at}} : verdict ? {verdict} : {};
}

export function verdictIn({verdict}: JsonObject): Verdict | undefined {
	return verdict === 'intact' || verdict === 'broken' || verdict === 'unknown' ? verdict : undefined;
}

export function editVisit(incident: Incident, stamp: StepStamp, edit: (visit: Visit) => Partial<Visit>): Incident {
	return {
		...incident,
		visits: incident.visits.map(visit => (matches(stamp)(visit) ? {...visit, ...edit(visit)} : visit)),
	};
}

/** @param stamp whose visit; without it, the one under way */
export function endVisit(incident: Incident, at: string, end: Partial<Visit>, stamp?: StepStamp): Incident {
	const target = stamp ?? incident.visits.findLast(({endedAt}) => endedAt === undefined);
	return target
		? editVisit(incident, target, ({endedAt}) => (endedAt === undefined ? {...end, endedAt: at} : {}))
		: incident;
}

/** A step that ends before it began (skipped, blocked) still leaves a trace. */
function withVisit(incident: Incident, stamp: StepStamp, at: string): Incident {
	if (incident.visits.some(matches(stamp))) {
		return incident;
	}

	const step = findStep(incident.runbook, stamp.step);
	const visit: Visit = {
		step: stamp.step,
		attempt: stamp.attempt,
		title: step?.title ?? stamp.step,
		phase: step?.phase ?? stamp.step,
		effect: step?.gate ? 'write' : 'read',
		with: {},
		success: [],
		startedAt: at,
		output: {},
		evidence: [],
		progress: [],
		tries: 0,
	};
	return {...incident, visits: [...incident.visits, visit]};
}

function matches(stamp: StepStamp): (visit: Visit) => boolean {
	return ({step, attempt}) => step === stamp.step && attempt === stamp.attempt;
}

/** The phase is one of these, and about this very visit. */
export function is(phase: Phase, names: Phase['is'][], stamp: StepStamp): boolean {
	return names.includes(phase.is) && 'attempt' in phase && phase.step === stamp.step && phase.attempt === stamp.attempt;
}

export function stampOf({step, attempt}: StepStamp): StepStamp {
	return {step, attempt};
}

export function visitOf(incident: Incident, stamp: StepStamp): Visit | undefined {
	return incident.visits.findLast(({step, attempt}) => step === stamp.step && attempt === stamp.attempt);
}
