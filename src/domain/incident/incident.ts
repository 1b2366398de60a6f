import type {Verdict} from '../image/verdict.ts';
import type {JsonObject} from '../json.ts';
import {findStep, type Runbook, type Step} from '../runbook/runbook.ts';
import type {Effect, EvidenceNote, Problem, StepStamp} from './event.ts';

/** One run of a runbook, as its journal tells it. Nothing here is known that the journal does not say. */
export type Incident = {
	id: string;
	runbook: Runbook;
	inputs: JsonObject;
	settings: JsonObject;
	dryRun: boolean;
	drill?: {scenario: string; seed: number};
	openedAt: string;
	openedBy: string;
	lastAt: string;
	phase: Phase;
	/** Every visit to a step, in order. */
	visits: Visit[];
	notes: {at: string; actor: string; text: string}[];
	/** The last proven state of the image. A change after the proof makes it unknown. */
	verdict?: {verdict: Verdict; at: string};
	/** What surprised us last and has not been answered yet. */
	problem?: Problem & {step: string};
	changed: boolean;
};

export type Phase =
	/** The next step is known and has not begun. */
	| {is: 'arriving'; step: string}
	/** A write that nobody has been asked about yet. */
	| ({is: 'gating'} & StepStamp)
	/** A person is asked. `refused`: the last answer was not the phrase. */
	| ({is: 'gate'; refused?: string} & StepStamp)
	/** Allowed; the intent is about to be written. */
	| ({is: 'intending'} & StepStamp)
	| ({is: 'running'; request: string} & StepStamp)
	/** A write that may have happened. `asked`: the world has been asked and could not tell. */
	| ({is: 'unsure'; request: string; asked: boolean; say: string} & StepStamp)
	| ({is: 'asking'} & StepStamp)
	| ({is: 'waiting'; until: string} & StepStamp)
	/** A surprise in the step that surprises lead to, or in a runbook without one. */
	| ({is: 'stuck'} & StepStamp)
	| {is: 'stopped'; stop: string; say: string; unverified: boolean; closed: boolean};

export type Visit = StepStamp & {
	title: string;
	phase: string;
	effect: Effect;
	with: JsonObject;
	success: string[];
	shows?: 'cause' | 'verdict';
	sparesImage?: true;
	startedAt: string;
	endedAt?: string;
	/** How it ended: by itself, on an assumption (dry run), or by a person's word. */
	ended?: 'ran' | 'assumed' | 'answered' | 'declined' | 'skipped' | 'by-hand' | 'surprise' | 'left';
	outcome?: string;
	/** One sentence for people. */
	say?: string;
	output: JsonObject;
	problem?: Problem;
	evidence: EvidenceNote[];
	progress: {at: string; name: string; detail: JsonObject; say: string}[];
	gate?: Gate;
	/** How often the effect was begun. */
	tries: number;
	/** How often a change that may have happened was lost sight of. */
	lost?: number;
};

export type Gate = {
	target: string;
	changes: string[];
	undo: string;
	phrase?: string;
	openedAt: string;
	expires: string;
	answer?: {approved: boolean; by: string; at: string; why?: string};
};

/** The visit the phase is about. */
export function currentVisit({phase, visits}: Incident): Visit | undefined {
	return 'attempt' in phase
		? visits.findLast(({step, attempt}) => step === phase.step && attempt === phase.attempt)
		: undefined;
}

export function currentStep({phase, runbook}: Incident): Step | undefined {
	return 'step' in phase ? findStep(runbook, phase.step) : undefined;
}

/** What the next visit to this step is called. */
export function nextAttempt({visits}: Incident, step: string): number {
	return visits.filter(visit => visit.step === step).length + 1;
}

/** The outcome of a build that was begun and goes on without us. */
export const stillRunning = 'late';

/** A visit that ended while its build still ran is taken up again by the next one to the same step: nothing is built twice. */
export function takenUp({visits}: Incident, {step, attempt}: StepStamp): Visit | undefined {
	const before = visits.find(visit => visit.step === step && visit.attempt === attempt - 1);
	return before?.ended === 'ran' && before.outcome === stillRunning ? before : undefined;
}

/** The id a change carries into the world, so that it can be found there again. */
export function requestId(incident: Incident, stamp: StepStamp): string {
	const before = takenUp(incident, stamp);
	return before ? requestId(incident, before) : `${incident.id}.${stamp.step}.${stamp.attempt}`;
}

/** The latest finished visit to a step: what `${steps.NAME.…}` means. */
export function lastVisit({visits}: Incident, step: string): Visit | undefined {
	return visits.findLast(visit => visit.step === step && visit.outcome !== undefined);
}
