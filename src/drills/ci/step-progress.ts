import {type Dialect, isOld} from './dialect.ts';
import type {StoredStep} from './pipeline-store.ts';

export type Status =
	| 'pending'
	| 'running'
	| 'success'
	| 'failure'
	| 'killed'
	| 'canceled'
	| 'skipped'
	| 'error'
	| 'blocked'
	| 'declined';

export type Times = {started?: number; finished?: number};
export type StepProgress = Times & {status: Status; exitCode: number; error?: string};

/** What every reader of a pipeline's state needs beside the pipeline. */
export type View = {
	/** Milliseconds since 1970. */
	now: number;
	dialect: Dialect;
	/** How long an agent takes to notice that its pipeline was cancelled, and at most to send a line of a log. */
	lagMs: number;
	/** Whole reference of the image of the incident. */
	image: string;
};

/** Before 3.17, the exit code of every step whose container could not be started. */
const cannotStart = 126;

export function isLive(status: Status): boolean {
	return status === 'pending' || status === 'running' || status === 'blocked';
}

export function progressOfStep(step: StoredStep, {now, dialect, image}: View): StepProgress {
	const {starts: started, ends: finished, exit = 0, error} = step;

	if (now < started) {
		return {status: 'pending', exitCode: 0};
	}

	const problem = step.image === 'missing' ? 'missing' : error;
	if (problem !== undefined) {
		return {
			status: 'failure',
			exitCode: isOld(dialect) ? cannotStart : 0,
			started,
			finished: started,
			error: problem === 'missing' ? `Error response from daemon: No such image: ${image}` : problem,
		};
	}

	if (now < finished || pendingTask(step) !== undefined) {
		return {status: 'running', exitCode: 0, started};
	}

	return step.push === 'refused' || exit !== 0
		? {status: 'failure', exitCode: exit || 1, started, finished}
		: {status: 'success', exitCode: 0, started, finished};
}

/** What the agent has to do before a step can end. `due`: milliseconds since 1970. */
export type PendingTask = {kind: 'pull' | 'push'; due: number};

export function pendingTask(step: StoredStep): PendingTask | undefined {
	if (step.runsInImage === true && step.image === undefined) {
		return {kind: 'pull', due: step.starts};
	}

	if (step.kind === 'push' && step.push !== 'done' && step.push !== 'refused') {
		return {kind: 'push', due: step.ends};
	}

	return undefined;
}
