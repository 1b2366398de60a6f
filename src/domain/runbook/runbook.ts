import type {Effect} from '../incident/event.ts';
import type {Json, JsonObject} from '../json.ts';
import type {Position} from '../yaml/located-yaml.ts';

/** A Markdown page that runs. */
export type Runbook = {
	name: string;
	title: string;
	alerts: string[];
	inputs: Record<string, RunbookInput>;
	/** The first step. */
	start: string;
	/** The step in which a person decides; every surprise leads there. */
	decide?: string;
	/** The step in which a person suspends what cleans the store next; a key leads there. */
	hold?: string;
	/** Markdown before the first step. */
	intro: string;
	steps: Step[];
	/** The whole page. */
	text: string;
	/** The positions of `start`, `decide` and `hold`, for messages. */
	positions?: Record<string, Position>;
};

type RunbookInput = {type: 'image' | 'text'; prompt: string};

export type Step = {
	id: string;
	title: string;
	/** Steps of one phase share a row where there is little room: Diagnose, Decide, Repair … */
	phase: string;
	/** Markdown shown beside the step. */
	prose: string;
	position: Position;
	does: Doing;
	with: JsonObject;
	gate?: {typed: boolean};
	timeoutMs: number;
	/** How often a read that failed for a transient reason is retried. */
	retries: number;
	outcomes: Record<string, Route>;
	/** The positions of the parts, values and routes, for messages: `action`, `with.image`, `outcomes.broken`. */
	positions: Record<string, Position>;
};

export type Doing =
	| {kind: 'action'; action: string}
	| {kind: 'ask'; questions: Record<string, Question>}
	| {
			kind: 'choose';
			question: string;
			/** Adds the remedies, weighed by what is known, to the options listed. */
			weigh?: 'remedies';
			options: Record<string, Option>;
	  }
	| {kind: 'by-hand'; commands: string[]}
	| {kind: 'wait'; milliseconds: number}
	/** `rows`: what is weighed, a list or a `${…}` that names one. `remedies`: what can be done about a row. */
	| {kind: 'plan'; rows: Json; remedies: Record<string, PlannedRemedy>}
	/** `plan`: the step whose items are carried out. */
	| {kind: 'apply'; plan: string};

/** The action that a remedy is, with its inputs: `${row.NAME}` is a value of the row. */
export type PlannedRemedy = {action: string; with: JsonObject};

/** `re-point:1.4.1` is the remedy `re-point` of the page, and says what exactly. */
export function remedyOfPage(remedy: string): string {
	return remedy.split(':')[0]!;
}

/** The remedy that every row has: nothing is done, and the end says so. */
export const leave = 'leave';

/** `tick`: any number of the options. `pick`: one of them, or none. */
export const questionTypes = ['text', 'time', 'tick', 'pick'] as const;

export type QuestionType = (typeof questionTypes)[number];

type Question = {
	prompt: string;
	type: QuestionType;
	options?: Json;
	/** What is proposed; null once it is resolved: nothing. */
	default?: Json;
	/** Where the proposal is from, in words that follow "from": `the disk, at the latest`. */
	from?: string;
};

type Option = {title: string; recommended?: string};

export type Route = {to: string} | Stop;

type Stop = {
	stop: string;
	say: string;
	/** The image may still be broken at this stop. Without it the linter requires a verification before the stop. */
	unverified: boolean;
};

export function isStop(route: Route): route is Stop {
	return 'stop' in route;
}

export function findStep(runbook: Runbook, id: string): Step | undefined {
	return runbook.steps.find(step => step.id === id);
}

/** What the linter and the machine need to know of an action. */
export type ActionDeclaration = {
	name: string;
	effect: Effect;
	/** By input name. */
	inputs: Record<string, {required: boolean; about: string}>;
	/** Every outcome it can have, with what it means. */
	outcomes: Record<string, string>;
	/** The names of the values that a finished run provides, with what they are. */
	provides: Record<string, string>;
	/** Outcomes that provide none of those values: no step after them may use one. */
	bare?: string[];
	/** Of a write: the outcomes that mean the change was made. A dry run assumes the first. */
	success: string[];
	shows?: 'cause' | 'verdict';
	/** Of a verdict: the outcomes after which an end is a verified one; absent: `intact`. */
	proves?: string[];
	/** A write that cannot change the image: an earlier verification of the image stays valid. */
	sparesImage?: true;
	/** Of a write: how many items of a plan it may carry out at the same time; absent: one. */
	atOnce?: number;
};

/** The outcomes of the steps that are no action and no choice. */
export const personOutcomes = {
	ask: ['answered'],
	'by-hand': ['done', 'could-not'],
	wait: ['waited'],
	/** `nothing`: no row has a remedy that changes anything. */
	plan: ['settled', 'nothing'],
	/** How many items are done. */
	apply: ['all', 'some', 'none'],
} as const;

/** Whether a person has to act before this step ends: a loop through it cannot run unattended. */
export function needsPerson(step: Pick<Step, 'does' | 'gate'>): boolean {
	return (
		step.does.kind === 'ask' ||
		step.does.kind === 'choose' ||
		step.does.kind === 'by-hand' ||
		step.does.kind === 'plan' ||
		step.gate !== undefined
	);
}

/** The position of a part of the step's block; where it has none, that of the block. */
export function positionOf({positions, position}: Step, part: string): Position {
	return positions[part] ?? positions.block ?? position;
}
