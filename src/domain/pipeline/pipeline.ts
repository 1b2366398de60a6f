/** `waiting`: for an agent, or for an approval. */
export type PipelineState = 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export type Pipeline = {
	number: number;
	state: PipelineState;
	/** The server's own word: `pending`, `killed`, … */
	status: string;
	branch: string;
	/** `refs/heads/main`, `refs/tags/v1.2.0`; of a manual pipeline the bare branch. */
	ref: string;
	/** Of a pull request: `feature:main`; else empty. */
	refspec: string;
	commit: string;
	event: string;
	/** Where a deployment deploys to; else empty. */
	deployTo: string;
	author: string;
	/** ISO 8601, UTC */
	created: string;
	started?: string;
	finished?: string;
	/** A page for people. */
	url?: string;
	title: string;
	/** What the server holds against it, warnings left out. */
	errors: string[];
	/** Absent: nobody cancelled it, or the server does not tell. */
	cancelled?: {by?: string; supersededBy?: number; step?: string};
	/** False: the server (before 3.14) does not tell who cancelled a pipeline. */
	tellsWhoCancelled: boolean;
	/** Who approved or declined it. */
	reviewedBy?: string;
	/** The pipeline that this one restarts, or that a deployment was made from; 0 for none. */
	parent: number;
	/** Absent from a list. */
	workflows: Workflow[];
	/** Of all workflows, in their order. */
	steps: PipelineStep[];
	/** Our own id, where the pipeline carries one. */
	requestId?: string;
};

/** @property name what tells it apart from the others: `build (PLATFORM=arm64)` */
export type Workflow = {
	id: number;
	name: string;
	state: PipelineState | 'skipped';
	error?: string;
	steps: PipelineStep[];
};

export type PipelineStep = {
	id: number;
	/** With its workflow where there are several: `build (PLATFORM=arm64)/compile`. */
	name: string;
	state: PipelineState | 'skipped';
	exitCode?: number;
	/** Why it could not be started, or was ended. */
	error?: string;
	uuid?: string;
	/** A service runs beside the steps and is stopped at the end. */
	isService: boolean;
	/** ISO 8601, UTC */
	finished?: string;
	/** A page for people. */
	url?: string;
};

export function isOver({state}: Pick<Pipeline, 'state'>): boolean {
	return state !== 'waiting' && state !== 'running';
}

/** As git and forges show it. */
export function shortCommit(commit: string): string {
	return commit.slice(0, 8);
}
