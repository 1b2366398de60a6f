import type {Dialect} from './dialect.ts';
import type {PipelineStore, StoredPipeline, StoredStep, StoredWorkflow} from './pipeline-store.ts';

/** Everything the simulated server serves. */
export type CiPlace = {
	dialect: Dialect;
	/** What it calls itself. */
	version: string;
	/** Whole reference of the image of the incident. */
	image: string;
	/** See View. */
	lagMs: number;
	now(): number;
	/** By token. */
	users: ReadonlyMap<string, CiUser>;
	repositories: readonly CiRepository[];
	/** `paused` is changed by an admin. */
	queue: {paused: boolean};
	/** Called after a pipeline was created, restarted, cancelled or approved. */
	changed(): void;
};

export type CiUser = {id: number; login: string; admin?: boolean};

export type CiRepository = {
	id: number;
	name: string;
	store: PipelineStore;
	/** The users that may push. */
	pushers: readonly string[];
	isPrivate?: boolean;
	active?: boolean;
	allowDeploy?: boolean;
	/** `cancel_previous_pipeline_events` */
	cancels?: readonly string[];
	branches: readonly string[];
	/** The forge does not respond, or not for the pipeline file. */
	forge?: 'down' | 'no-file';
	/** What a pipeline of this branch and event does. */
	plan(order: PlanOrder): Plan;
	/** The steps of a restart. Absent: as those of a new pipeline. */
	replan?(old: StoredPipeline, created: number): StoredStep[];
	commit(branch: string): string;
};

type PlanOrder = {branch: string; event: StoredPipeline['event']; created: number};

/** `filtered`: no workflow matches the event. `no-file`: there is no pipeline file. */
export type Plan =
	| {
			kind: 'runs';
			steps: StoredStep[];
			workflows?: StoredWorkflow[];
			errors?: StoredPipeline['errors'];
			waits?: 'no-agent';
	  }
	| {kind: 'filtered'}
	| {kind: 'no-file'}
	| {kind: 'invalid'; errors: NonNullable<StoredPipeline['errors']>};
