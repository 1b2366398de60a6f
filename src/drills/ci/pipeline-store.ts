import {readFile} from 'node:fs/promises';
import {writeAtomically} from '../disk.ts';

/** What ci.json keeps of a pipeline. Times are milliseconds since 1970; what follows from them is never stored. */
export type StoredPipeline = {
	number: number;
	/** The pipeline that this one restarts, or that a deployment was made from; 0 for none. */
	parent: number;
	reruns: number;
	event: PipelineEvent;
	/** Empty for a tag. */
	branch: string;
	/** Absent: the one of the branch. */
	ref?: string;
	deployTo?: string;
	commit: string;
	author: string;
	message: string;
	variables?: Record<string, string>;
	created: number;
	/** Absent: one, named `woodpecker`, that holds every step. */
	workflows?: StoredWorkflow[];
	steps: StoredStep[];
	/** The server could not make a pipeline of its file: nothing runs. A warning alone does no harm. */
	errors?: StoredError[];
	/** Nobody takes it: no agent has its labels, or the queue is paused. */
	waits?: 'no-agent' | 'paused';
	approval?: {state: 'blocked' | 'declined' | 'approved'; by: string; at: number};
	cancelled?: Cancelled;
	/** `cancel_info` of the pipeline that this one restarts: the server copies it. */
	copiedCancel?: Cancelled;
	/** The agent of the running step died at this time: the server never notices. */
	agentDied?: number;
};

type PipelineEvent = 'manual' | 'push' | 'tag' | 'deployment' | 'pull_request';

type Cancelled = {at: number; by?: string; supersededBy?: number};

type StoredError = {type: string; message: string; warning: boolean; data?: Record<string, string>};

export type StoredWorkflow = {
	name: string;
	environ?: Record<string, string>;
	/** Runs after the workflow at this place in the list. */
	after?: number;
	labels?: Record<string, string>;
	/** Why no step of it could begin: the agent's docker does not respond. */
	broken?: string;
};

export type StoredStep = {
	name: string;
	kind: 'clone' | 'commands' | 'push' | 'service';
	/** The place of its workflow in the list; absent: the first. */
	workflow?: number;
	/** As planned: a step that waits for a pull or a push takes longer. */
	starts: number;
	ends: number;
	log: LogLine[];
	/** Its exit code, where it is not 0. */
	exit?: number;
	/** `failure: ignore` */
	ignored?: boolean;
	/** Why its container could not be started. */
	error?: string;
	/** Its container is the image of the incident. */
	runsInImage?: boolean;
	/** Whether that image existed when the step began. */
	image?: 'pulled' | 'missing';
	/** Of a push step: `begun` is written before the first byte is sent. */
	push?: 'begun' | 'done' | 'refused';
};

export type LogLine = {at: number; text: string};

/** The pipelines of the CI. Every change is on the disk before a client learns of it. */
export type PipelineStore = {
	/** By number, oldest first. */
	pipelines(): readonly StoredPipeline[];
	find(number: number): StoredPipeline | undefined;
	/** @param make is given the number: one above the highest so far */
	add(make: (number: number) => StoredPipeline): Promise<StoredPipeline>;
	/** Writes what was changed in a pipeline. */
	save(): Promise<void>;
};

export async function createPipelineStore(file: string, pipelines: readonly StoredPipeline[]): Promise<void> {
	await writeAtomically(file, JSON.stringify(pipelines, null, '\t'));
}

export async function openPipelineStore(file: string): Promise<PipelineStore> {
	const pipelines = JSON.parse(await readFile(file, 'utf8')) as StoredPipeline[];
	let writing: Promise<void> = Promise.resolve();

	return pipelineStore(pipelines, async () => {
		const text = JSON.stringify(pipelines, null, '\t');
		writing = writing.catch(() => {}).then(() => writeAtomically(file, text));
		await writing;
	});
}

/** @param save keeps the pipelines */
export function pipelineStore(pipelines: StoredPipeline[], save: () => Promise<void>): PipelineStore {
	return {
		pipelines: () => pipelines,
		find: number => pipelines.find(pipeline => pipeline.number === number),
		async add(make) {
			const pipeline = make(Math.max(0, ...pipelines.map(({number}) => number)) + 1);
			pipelines.push(pipeline);
			await save();
			return pipeline;
		},
		save,
	};
}
