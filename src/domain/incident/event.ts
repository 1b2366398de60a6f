import type {ReasonCode} from '../error-codes.ts';
import type {Json, JsonObject} from '../json.ts';

/** What an effect does to outside systems. */
export type Effect = 'read' | 'write' | 'destructive';

/** One event, as the journal keeps it. The journal adds `seq`, `prev` and `hash`. */
export type JournalEvent = Stamp & Happening;

export type EventOf<Type extends Happening['type']> = Extract<JournalEvent, {type: Type}>;

export type Stamp = {
	/** ISO 8601, UTC */
	at: string;
	/** Milliseconds on a monotonic clock; comparable within one process only. */
	mono: number;
	/** The login name of the person, or `regmedic` for what it does by itself. */
	actor: string;
};

/** Names one visit to a step. `attempt`: 1 for the first visit. */
export type StepStamp = {step: string; attempt: number};

/** The same, or one item of the plan that is carried out there. Version 0.1 knows no items. */
export type ItemStamp = StepStamp & {item?: string};

export type EvidenceNote = {file: string; digest: string; bytes: number};

export type Problem = {code: ReasonCode; message: string; hint: string};

/** What an action would change about one row of a plan, and what the machine has to know of the action. */
export type PreparedItem = {
	row: string;
	remedy: string;
	action: string;
	effect: Effect;
	success: string[];
	atOnce: number;
	sparesImage?: true;
	/** The inputs of the action, resolved. */
	with: JsonObject;
	/** The settings of the image that it is about, without secrets; absent: those of the incident. */
	settings?: JsonObject;
	target: string;
	changes: string[];
	/** The same as `Change[]`. */
	plan: Json;
	undo: string;
	/** How many of the changes are destructive. */
	destructive: number;
};

export type Happening =
	| {
			type: 'incident.opened';
			schema: 'regmedic.journal/1';
			incident: string;
			version: string;
			/** The whole text, so that the journal can be read without the runbook's file. */
			runbook: string;
			inputs: JsonObject;
			/** The settings of this image from the configuration, without secrets. */
			settings: JsonObject;
			dryRun: boolean;
			drill?: {scenario: string; seed: number};
	  }
	| {type: 'incident.resumed'}
	| {type: 'incident.left'; reason: 'interrupted' | 'gate' | 'left'}
	| ({
			type: 'step.started';
			effect: Effect;
			/** The values of the step, resolved when it began. */
			with: JsonObject;
			/** What the output of this step shows: the cause of the incident, or the state of the image. */
			shows?: 'cause' | 'verdict';
			/** A write that cannot change the image. */
			sparesImage?: true;
			/** Outcomes after which the change was made. */
			success: string[];
	  } & StepStamp)
	| ({
			type: 'gate.opened';
			target: string;
			/** The changes in sentences, for people who read the journal. */
			changes: string[];
			/** The same as `Change[]`, parsed when the journal is folded. Version 0.1 wrote sentences alone. */
			plan?: Json;
			undo: string;
			/** What has to be typed; absent: `approve`. */
			phrase?: string;
			/** Without a storage there is no lock: a second person may change the same. */
			unguarded?: true;
			expires: string;
			/** Of a plan: what is approved of each item. */
			items?: {id: string; title: string; changes: string[]; plan: Json; undo: string; destructive: number}[];
	  } & StepStamp)
	| ({type: 'gate.answered'; answer: string; why?: string} & StepStamp)
	/** It was approved, and waits for the end of what must not run beside it. */
	| ({type: 'effect.waits'; say: string} & StepStamp)
	| ({type: 'effect.intended'; request: string} & ItemStamp)
	| ({type: 'effect.progressed'; name: string; detail: JsonObject; say: string} & ItemStamp)
	| ({
			type: 'effect.finished';
			outcome: string;
			output: JsonObject;
			say: string;
			problem?: Problem;
			evidence?: EvidenceNote[];
	  } & ItemStamp)
	| ({
			type: 'effect.failed';
			problem: Problem;
			/** The same request may succeed a little later. */
			transient: boolean;
			/** The change may have been made. */
			indeterminate: boolean;
			/** The outcome that stands for this failure, where the action has one. */
			outcome?: string;
			evidence?: EvidenceNote[];
	  } & ItemStamp)
	| ({
			type: 'effect.reconciled';
			found: 'done' | 'not-done' | 'running' | 'unknown';
			outcome?: string;
			output?: JsonObject;
			say: string;
			problem?: Problem;
	  } & ItemStamp)
	| ({
			type: 'effect.assumed';
			outcome: string;
			say: string;
			/** The values that a real run would have left, all null. */
			output?: JsonObject;
	  } & ItemStamp)
	/** Of a plan: what the chosen remedies would change, or why that could not be looked up. */
	| ({
			type: 'plan.prepared';
			prepared: PreparedItem[];
			unprepared: {row: string; remedy: string; problem: Problem}[];
	  } & StepStamp)
	/** A person chooses another remedy for these rows. */
	| ({type: 'plan.chosen'; rows: string[]; remedy: string} & StepStamp)
	/** A person marks rows to be done now, so that the others are put off to the next plan; `now: false` takes the mark away. */
	| ({type: 'plan.marked'; rows: string[]; now: boolean} & StepStamp)
	/** A person accepts the plan as it stands. */
	| ({type: 'plan.settled'} & StepStamp)
	/** Right before an item's effect: what it expects does not hold, so its effect does not begin. */
	| ({
			type: 'item.checked';
			item: string;
			found: 'already-whole' | 'changed' | 'unknown' | 'expired';
			say: string;
			problem?: Problem;
	  } & StepStamp)
	| ({type: 'item.skipped'; item: string; reason: string} & StepStamp)
	| ({type: 'item.done-by-hand'; item: string; reason: string} & StepStamp)
	/** `answer`: what its gate wants, where a new attempt begins with it. */
	| ({type: 'item.retried'; item: string; answer?: string} & StepStamp)
	| ({type: 'choice.made'; option: string; why?: string} & StepStamp)
	| ({type: 'answers.given'; answers: JsonObject} & StepStamp)
	| ({type: 'hand.reported'; outcome: 'done' | 'could-not'; why?: string} & StepStamp)
	| ({type: 'wait.elapsed'} & StepStamp)
	| ({type: 'step.skipped'; outcome: string; reason: string} & StepStamp)
	| ({type: 'step.done-by-hand'; outcome: string; reason: string} & StepStamp)
	| ({type: 'step.blocked'; problem: Problem} & StepStamp)
	| ({type: 'step.retried'} & StepStamp)
	| {type: 'decision.reopened'; reason: string}
	/** A person asks to suspend what will clean the store next. */
	| {type: 'hold.asked'}
	| {type: 'note.added'; text: string}
	| {type: 'incident.closed'}
	| {type: 'journal.recovered'; lostBytes: number; file: string}
	| {type: 'journal.sealed'; events: number; head: string};

/** The evidence files that an event names. */
export function evidenceOf(event: JournalEvent): readonly EvidenceNote[] {
	return 'evidence' in event ? (event.evidence ?? []) : [];
}
