import type {Pipeline} from '../../domain/pipeline/pipeline.ts';
import type {Queue} from '../../domain/pipeline/why-waiting.ts';
import type {Waiting} from './waiting.ts';

export type TriggerAnswer =
	| {state: 'created'; pipeline: Pipeline}
	/** The server decided that nothing matches and forgot the pipeline. */
	| {state: 'filtered'; detail: string; hint: string}
	| {state: 'rejected'; detail: string; hint: string};

/**
 * What is ordered: the pipeline of a branch, with the id by which the order is known.
 * @property since ISO 8601: the order is not older, by the clock of this machine
 */
export type PipelineOrder = {repository: string; branch: string; requestId: string; since: string};

export type Ci = {
	readonly place: string;
	/** How long the server and its agents may take for what comes late. A drill is faster. */
	readonly patience: {
		/** A log is whole when nothing new has come for so long after the end. */
		logQuietMs: number;
		/** An order whose response was lost may appear until then. */
		lostReplyMs: number;
	};
	/**
	 * Asks everything that can be asked before an order, and orders nothing.
	 * @throws OperatorError ci.unauthorized | ci.repository-unknown | ci.repository-inactive | ci.no-push-right | ci.branch-unknown | …
	 */
	ready(build: Pick<PipelineOrder, 'repository' | 'branch'>, waiting: Waiting): Promise<Readiness>;
	/** Not idempotent; a lost reply is thrown as OperatorError effect.unknown. */
	trigger(order: PipelineOrder, waiting: Waiting): Promise<TriggerAnswer>;
	/** The pipeline that carries this request id, if the server has one. */
	find(order: PipelineOrder, waiting: Waiting): Promise<Pipeline | undefined>;
	pipeline(repository: string, number: number, waiting: Waiting): Promise<Pipeline>;
	/** Opens the log of one pipeline. */
	log(repository: string): PipelineLog;
	/** What waits or runs now, newest first, without steps. */
	live(repository: string, waiting: Waiting): Promise<Pipeline[]>;
	/** What was created since a time, newest first, without steps. @param since ISO 8601 */
	since(repository: string, since: string, waiting: Waiting): Promise<Pipeline[]>;
	/**
	 * Whether the user of the token may start, restart, cancel and approve pipelines of a repository: a bad token is a guest there.
	 * @throws OperatorError ci.unauthorized | ci.repository-unknown | ci.repository-inactive | ci.no-push-right | …
	 */
	access(repository: string, waiting: Waiting): Promise<Access>;
	restart(repository: string, number: number, waiting: Waiting): Promise<TriggerAnswer>;
	/** The newest pipeline that is a restart of this one, whoever asked for it. */
	restartOf(repository: string, number: number, waiting: Waiting): Promise<Pipeline | undefined>;
	/** Undefined: the user of the token is no admin of the CI. */
	queue(pipeline: Pipeline, repository: string, waiting: Waiting): Promise<Queue | undefined>;
	/** @throws OperatorError ci.rejected | effect.unknown */
	cancel(repository: string, number: number, waiting: Waiting): Promise<void>;
	/** @throws OperatorError ci.rejected | effect.unknown */
	approve(repository: string, number: number, waiting: Waiting): Promise<void>;
	close(): Promise<void>;
};

/** @property cancels `cancel_previous_pipeline_events`: the events whose new pipelines cancel earlier ones */
export type Access = {login: string; cancels: readonly string[]};

export type Readiness = Access & {
	version: string;
	/** After this the server ends a pipeline. */
	timeoutMs: number;
	/** A manual pipeline of the branch ran before. False: it is not known whether the pipeline file accepts `manual`. */
	ranManually: boolean;
};

export type PipelineLog = {
	/**
	 * The lines that were not given yet, step after step. An agent sends its log late, also after the end.
	 * @param nowMs on a monotonic clock
	 */
	read(pipeline: Pipeline, nowMs: number, waiting: Waiting): AsyncIterable<CiLogLine>;
	/** The pipeline has ended, and nothing new has come for a while. */
	isWhole(): boolean;
	/** The last lines of a step that were read. */
	lastLines(stepId: number): readonly string[];
	/** When a line came last, on the clock of `read`; undefined: none has. */
	lastLineMs(): number | undefined;
};

export type CiLogLine = {step: string; text: string};
