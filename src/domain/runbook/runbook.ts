import type {Effect} from '../incident/event.ts';
import type {Json, JsonObject} from '../json.ts';

/** A Markdown page that runs. @see runbook-parser.ts, runbook-linter.ts */
export type Runbook = {
	name: string;
	title: string;
	alerts: string[];
	inputs: Record<string, RunbookInput>;
	/** The first step. */
	start: string;
	/** Where a surprise leads: the step in which a person decides. */
	decide?: string;
	/** Markdown before the first step. */
	intro: string;
	steps: Step[];
	/** The whole page. */
	text: string;
	/** Where `start` and `decide` stand, for messages. */
	positions?: Record<string, Position>;
};

export type RunbookInput = {type: 'image' | 'text'; prompt: string};

/** Where something stands in the page; both count from 1. */
export type Position = {line: number; column: number};

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
	/** How often a read that failed for a passing reason is made again. */
	retries: number;
	outcomes: Record<string, Route>;
	/** Where each part, value and route stands, for messages: `action`, `with.image`, `outcomes.broken`. */
	positions: Record<string, Position>;
};

export type Doing =
	| {kind: 'action'; action: string}
	| {kind: 'ask'; questions: Record<string, Question>}
	| {
			kind: 'choose';
			question: string /** Weighed by the domain instead of listed. */;
			weigh?: 'remedies';
			options: Record<string, Option>;
	  }
	| {kind: 'by-hand'; commands: string[]}
	| {kind: 'wait'; milliseconds: number};

export type Question = {prompt: string; type: 'text' | 'time' | 'tick'; options?: Json; default?: Json};

export type Option = {title: string; recommended?: string};

export type Route = {to: string} | Stop;

export type Stop = {
	stop: string;
	say: string;
	/** An honest end: the image may still be broken. Without it the linter wants a proof before this stop. */
	unverified: boolean;
};

export function isStop(route: Route): route is Stop {
	return 'stop' in route;
}

export function findStep(runbook: Runbook, id: string): Step | undefined {
	return runbook.steps.find(step => step.id === id);
}

/** What an action tells about itself; the linter and the machine need no more. */
export type ActionDeclaration = {
	name: string;
	effect: Effect;
	/** By input name. */
	inputs: Record<string, {required: boolean; about: string}>;
	/** Every outcome it can have, with what it means. */
	outcomes: Record<string, string>;
	/** Names of the values a finished run leaves behind, with what they are. */
	provides: Record<string, string>;
	/** Outcomes that leave none of those values: after them no step may count on one. */
	bare?: string[];
	/** Outcomes that mean the change was made (writes). The first is what a dry run assumes. */
	success: string[];
	shows?: 'cause' | 'verdict';
	/** A write that cannot change the image: what was proven of it stays proven. */
	sparesImage?: true;
};

/** The outcomes of the steps a person carries out. */
export const personOutcomes = {
	ask: ['answered'],
	'by-hand': ['done', 'could-not'],
	wait: ['waited'],
} as const;

/** A person has to do something before this step ends: a loop through it cannot run away. */
export function needsPerson(step: Pick<Step, 'does' | 'gate'>): boolean {
	return (
		step.does.kind === 'ask' || step.does.kind === 'choose' || step.does.kind === 'by-hand' || step.gate !== undefined
	);
}
