import type {Waiting} from './waiting.ts';

export type PipelineState = 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export type Pipeline = {
	number: number;
	state: PipelineState;
	/** The server's own word: `pending`, `killed`, … */
	status: string;
	branch: string;
	commit: string;
	event: string;
	/** ISO 8601, UTC */
	created: string;
	finished?: string;
	/** A page for people. */
	url?: string;
	title: string;
	/** What the server holds against it, warnings left out. */
	errors: string[];
	steps: PipelineStep[];
	/** Our own id, where the pipeline carries one. */
	requestId?: string;
};

export type PipelineStep = {id: number; name: string; state: PipelineState | 'skipped'; exitCode?: number};

export type TriggerAnswer =
	| {state: 'created'; pipeline: Pipeline}
	/** The server decided that nothing matches and forgot the pipeline. */
	| {state: 'filtered'; detail: string}
	| {state: 'rejected'; detail: string; hint: string};

export type Ci = {
	readonly place: string;
	/** Not idempotent; a lost reply is thrown as OperatorError effect.unknown. */
	trigger(order: {repository: string; branch: string; requestId: string}, waiting: Waiting): Promise<TriggerAnswer>;
	/** The pipeline that carries this request id, if the server has one. */
	find(order: {repository: string; branch: string; requestId: string}, waiting: Waiting): Promise<Pipeline | undefined>;
	pipeline(repository: string, number: number, waiting: Waiting): Promise<Pipeline>;
	/** Log lines of all steps, without those already given: `after` counts lines per step id. */
	logs(repository: string, pipeline: Pipeline, after: Map<number, number>, waiting: Waiting): Promise<CiLogLine[]>;
	/** Newest first. @param since ISO 8601 */
	failed(repository: string, since: string, waiting: Waiting): Promise<Pipeline[]>;
	restart(repository: string, number: number, waiting: Waiting): Promise<TriggerAnswer>;
	/** The newest pipeline that is a restart of this one, whoever asked for it. */
	restartOf(repository: string, number: number, waiting: Waiting): Promise<Pipeline | undefined>;
	/**
	 * Starts nothing: reaches the server, proves the token, and finds the repository by its full name.
	 * @throws OperatorError ci.unreachable | ci.unauthorized | ci.repository-unknown | …
	 */
	check(repository: string, waiting: Waiting): Promise<{login: string; version: string}>;
	close(): Promise<void>;
};

export type CiLogLine = {step: string; text: string};
