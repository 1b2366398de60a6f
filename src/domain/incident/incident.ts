import type {ImageReference} from '../image/reference.ts';
import type {Verdict} from '../image/verdict.ts';
import type {JsonObject} from '../json.ts';
import {findStep, type Runbook, type Step} from '../runbook/runbook.ts';
import type {Asked} from './asked.ts';
import type {Change} from './change.ts';
import type {Effect, EvidenceNote, Problem, StepStamp} from './event.ts';
import type {Item} from './item.ts';
import type {Output} from './outputs.ts';
import type {PlanRow} from './plan-row.ts';
import type {Settings} from './settings.ts';

/** One run of a runbook. Everything in it comes from the journal. */
export type Incident = {
	id: string;
	runbook: Runbook;
	/** The image that cannot be pulled. */
	image: ImageReference;
	settings: Settings;
	/** The same as texts: what `${inputs.NAME}` and `${settings.NAME}` stand for. */
	opening: {inputs: JsonObject; settings: JsonObject};
	dryRun: boolean;
	drill?: {scenario: string; seed: number};
	openedAt: string;
	openedBy: string;
	lastAt: string;
	phase: Phase;
	/** Every visit to a step, in order. */
	visits: Visit[];
	notes: {at: string; actor: string; text: string}[];
	/** The state of the image as last verified. A change after that makes it unknown. */
	verdict?: {verdict: Verdict; at: string};
	/** The last problem that the runbook had no route for, until a person has decided about it. */
	problem?: Problem & {step: string};
	changed: boolean;
};

export type Phase =
	/** The next step is known and has not begun. */
	| {kind: 'arriving'; step: string}
	/** A write for which no gate has been opened yet. */
	| ({kind: 'gating'} & StepStamp)
	/** A person is asked to approve. `refused`: the last answer was not the phrase. */
	| ({kind: 'gate'; refused?: string} & StepStamp)
	/** Allowed; the intent is about to be written. `tries`: how often a read has failed before. */
	| ({kind: 'intending'; tries: number} & StepStamp)
	/** `attach`: what is known of an effect that was already under way. */
	| ({kind: 'running'; request: string; attach?: JsonObject} & StepStamp)
	/** A write that may have happened. `asked`: the outside system was asked and could not tell. */
	| ({kind: 'unsure'; request: string; asked: boolean; say: string} & StepStamp)
	| ({kind: 'asking'} & StepStamp)
	/** The changes of the chosen remedies are being looked up. */
	| ({kind: 'preparing'} & StepStamp)
	/** Items are carried out: each has a state of its own. */
	| ({kind: 'applying'} & StepStamp)
	| ({kind: 'waiting'; until: string} & StepStamp)
	/** A problem in the step that problems lead to, or in a runbook without one. */
	| ({kind: 'stuck'} & StepStamp)
	| {kind: 'stopped'; stop: string; say: string; unverified: boolean; closed: boolean};

export type Visit = RunningVisit | EndedVisit;

type EndedVisit = FinishedVisit | AbandonedVisit;

/** What is known of a visit from its start. */
type VisitFacts = StepStamp & {
	title: string;
	/** Of the runbook: Diagnose, Decide, Repair … */
	phase: string;
	effect: Effect;
	/** The resolved values, as the journal keeps them. */
	with: JsonObject;
	/** What a person is asked; absent: nothing. */
	asked?: Asked;
	success: string[];
	shows?: 'cause' | 'verdict';
	sparesImage?: true;
	startedAt: string;
	problem?: Problem;
	evidence: EvidenceNote[];
	progress: {at: string; name: string; detail: JsonObject; say: string}[];
	gate?: Gate;
	/** What it waited for before it began. */
	waits?: {at: string; say: string}[];
	/** How often the effect was begun. */
	tries: number;
	/** How often it became unknown whether a change happened. */
	lost?: number;
	/** Of a plan that is being settled. */
	rows?: PlanRow[];
	/** Of a plan that is carried out, with the visit in which it was settled. */
	items?: Item[];
	/** How many rows of that plan wait for the next one; absent: none. */
	putOff?: number;
	planned?: StepStamp;
};

export type RunningVisit = VisitFacts & {state: 'running'; endedAt?: never; ended?: never; say?: never} & NoOutcome;

/** A visit with an outcome: by itself, on an assumption (dry run), or as a person said. */
export type FinishedVisit = VisitFacts & {
	state: 'ended';
	endedAt: string;
	ended: 'ran' | 'assumed' | 'answered' | 'skipped' | 'by-hand';
	outcome: string;
	/** One sentence for people. */
	say: string;
	output: Output;
	/** The output as the journal keeps it: what `${steps.NAME.…}` stands for. */
	values: JsonObject;
};

/** A visit without an outcome: the runbook had no route for a problem, or a person went back to decide. */
export type AbandonedVisit = VisitFacts & {
	state: 'ended';
	endedAt: string;
	ended: 'declined' | 'surprise' | 'left';
	say: string;
} & NoOutcome;

type NoOutcome = {outcome?: never; output?: never; values?: never};

export type Gate = {
	target: string;
	changes: Change[];
	undo: string;
	/** No storage is configured to lock: nothing keeps a second person away. */
	unguarded?: true;
	phrase?: string;
	/** Of a plan: what is approved of each item. */
	items?: GateItem[];
	openedAt: string;
	expires: string;
	answer?: {approved: boolean; by: string; at: string; why?: string};
};

/** An item as the gate of its plan shows it. */
export type GateItem = {id: string; title: string; changes: Change[]; undo: string; destructive: number};

/** The visit that the phase is about. */
export function currentVisit({phase, visits}: Incident): Visit | undefined {
	return 'attempt' in phase
		? visits.findLast(({step, attempt}) => step === phase.step && attempt === phase.attempt)
		: undefined;
}

export function currentStep({phase, runbook}: Incident): Step | undefined {
	return 'step' in phase ? findStep(runbook, phase.step) : undefined;
}

/** The attempt of the next visit to this step. */
export function nextAttempt({visits}: Incident, step: string): number {
	return visits.filter(visit => visit.step === step).length + 1;
}

/** The outcome of a build that was begun and goes on without regmedic. */
export const stillRunning = 'late';

/** The visit before this one, if it ended while its build still ran: this visit follows that build and starts none. */
export function takenUp({visits}: Incident, {step, attempt}: StepStamp): FinishedVisit | undefined {
	const before = visits.find(visit => visit.step === step && visit.attempt === attempt - 1);
	return before && isFinished(before) && before.ended === 'ran' && before.outcome === stillRunning ? before : undefined;
}

/** What a person approved of a visit; of one that follows an earlier build, also what was approved for that build. */
export function approvedIn(incident: Incident, visit: Visit): Change[] {
	const before = takenUp(incident, visit);
	return [...(before ? approvedIn(incident, before) : []), ...(visit.gate?.changes ?? [])];
}

/** The id that a change carries to the outside system, so that it can be found there again. */
export function requestId(incident: Incident, stamp: StepStamp): string {
	const before = takenUp(incident, stamp);
	return before ? requestId(incident, before) : `${incident.id}.${stamp.step}.${stamp.attempt}`;
}

/** The latest finished visit to a step: what `${steps.NAME.…}` reads. */
export function lastVisit({visits}: Incident, step: string): FinishedVisit | undefined {
	return visits.filter(isFinished).findLast(visit => visit.step === step);
}

export function isFinished(visit: Visit): visit is FinishedVisit {
	return visit.outcome !== undefined;
}

/** How the disk of an image looked that the last check found intact, where it was not shown whole: a registry can serve from memory. */
export function diskBehindIntact({visits}: Pick<Incident, 'visits'>): 'damaged' | 'not-read' | undefined {
	const finished = visits.filter(isFinished);
	const check = finished.flatMap(({output}) => (output.kind === 'check' ? [output.check] : [])).at(-1);
	const disk = finished.findLast(({shows}) => shows === 'cause');
	return check?.verdict !== 'intact' || disk === undefined ? undefined : stateOfDisk(disk);
}

/** Undefined: it is whole, or none is configured. */
export function stateOfDisk({shows, outcome, output}: FinishedVisit): 'damaged' | 'not-read' | undefined {
	if (shows !== 'cause' || outcome === 'clean' || outcome === 'unavailable') {
		return undefined;
	}

	return output.kind === 'scan' && output.findings.length > 0 ? 'damaged' : 'not-read';
}
