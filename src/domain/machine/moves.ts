import type {Verdict} from '../image/verdict.ts';
import type {EvidenceNote, Problem, StepStamp} from '../incident/event.ts';
import {type Incident, nextAttempt, type Phase, type Visit} from '../incident/incident.ts';
import type {JsonObject} from '../json.ts';
import {findStep, isStop} from '../runbook/runbook.ts';

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
		const unrouted: Problem = {
			code: 'runbook.unrouted',
			message: `"${id}" ended with "${outcome}", and the runbook does not say what follows.`,
			hint: 'Decide how to go on; then lint the runbook.',
		};
		const kept = editVisit(incident, ending, visit => ({evidence: [...visit.evidence, ...evidence]}));
		return surprise(kept, ending, unrouted, at);
	}

	const visited = withVisit(incident, ending, at);
	const visit = visitOf(visited, ending)!;
	// A visit that ended in a surprise ends anew when a person says what became of it.
	const ended = editVisit(visited, ending, () => ({
		ended: how,
		endedAt: at,
		outcome,
		output,
		say,
		evidence: [...visit.evidence, ...evidence],
		...(problem === undefined ? {} : {problem}),
	}));
	const known = {...ended, ...knownAfter(ended, visit, {how, outcome, output, at})};

	if (isStop(route)) {
		const {stop, say: last} = route;
		// Whatever the runbook promises: after a change, or where a person's word stood in for a step, only a proof makes an
		// end a verified one.
		const onTrust = known.visits.some(({ended: by}) => by === 'skipped' || by === 'by-hand' || by === 'assumed');
		const unverified = route.unverified || ((known.changed || onTrust) && known.verdict?.verdict !== 'intact');
		return [{...known, phase: {is: 'stopped', stop, say: last, unverified, closed: false}}, [{do: 'close'}]];
	}

	return arrive(known, route.to);
}

/** Only a check that ran proves anything; a change made by hand unproves what was known. */
function knownAfter(
	{verdict, changed, runbook}: Incident,
	visit: Visit,
	{how, outcome, output, at}: {how: Visit['ended']; outcome: string; output: JsonObject; at: string},
): Pick<Incident, 'verdict' | 'changed'> {
	const proven = visit.shows === 'verdict' && how === 'ran' ? verdictIn(output) : undefined;
	if (proven) {
		return {verdict: {verdict: proven, at}, changed};
	}

	const triedByHand = findStep(runbook, visit.step)?.does.kind === 'by-hand' && how === 'answered';
	const changedByHand =
		how === 'by-hand' ? visit.effect !== 'read' && !visit.sparesImage : triedByHand && outcome === 'done';
	if (changedByHand || (triedByHand && verdict?.verdict === 'intact')) {
		return {verdict: {verdict: 'unknown', at}, changed: changed || changedByHand};
	}

	return {...(verdict === undefined ? {} : {verdict}), changed};
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

/** Ends the visit that is under way, if one is. */
export function endVisit(incident: Incident, at: string, end: Partial<Visit>): Incident {
	const target = incident.visits.findLast(({endedAt}) => endedAt === undefined);
	return target ? editVisit(incident, target, () => ({...end, endedAt: at})) : incident;
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
