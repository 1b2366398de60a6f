import {defined} from '../../domain/defined.ts';
import type {StoredPipeline, StoredStep} from './pipeline-store.ts';

type Status = 'pending' | 'running' | 'success' | 'failure' | 'killed' | 'canceled' | 'skipped';
type StepProgress = {status: Status; exitCode: number; started?: number; finished?: number};
export type PipelineProgress = {status: Status; steps: StepProgress[]; started?: number; finished?: number};

/** The exit code of the incident's steps: a container runtime's code for "cannot be executed". */
const cannotRunImage = 126;

/**
 * The state of a pipeline at a moment. It follows from its plan, its finished pulls and pushes, and the time alone.
 * @param now milliseconds since 1970
 */
export function progressOf(pipeline: StoredPipeline, now: number): PipelineProgress {
	const {cancelled} = pipeline;
	const at = cancelled === undefined ? now : Math.min(now, cancelled.at);
	const steps = cancelled === undefined ? progressOfSteps(pipeline, at) : progressOfSteps(pipeline, at).map(stopped);
	const started = steps[0]?.started;
	const ended = steps.every(step => !isLive(step.status));
	const finished = ended
		? (cancelled?.at ?? Math.max(...steps.map(step => step.finished ?? pipeline.created)))
		: undefined;

	function stopped(step: StepProgress): StepProgress {
		if (step.status === 'running') {
			return {...step, status: 'killed', exitCode: 137, finished: at};
		}

		return step.status === 'pending' ? {status: 'canceled', exitCode: 0} : step;
	}

	return {
		status: cancelled === undefined ? statusOf(steps) : started === undefined ? 'canceled' : 'killed',
		steps,
		...defined({started, finished}),
	};
}

export function isLive(status: Status): boolean {
	return status === 'pending' || status === 'running';
}

function progressOfSteps({steps}: StoredPipeline, now: number): StepProgress[] {
	const done: StepProgress[] = [];

	for (const step of steps) {
		const before = done.at(-1);

		if (before !== undefined && (before.status === 'failure' || before.status === 'skipped')) {
			done.push({status: 'skipped', exitCode: 0});
		} else if (before !== undefined && before.status !== 'success') {
			done.push({status: 'pending', exitCode: 0});
		} else {
			done.push(progressOfStep(step, now));
		}
	}

	return done;
}

function progressOfStep(step: StoredStep, now: number): StepProgress {
	const {starts: started, ends: finished} = step;

	if (now < started) {
		return {status: 'pending', exitCode: 0};
	}

	if (step.image === 'missing') {
		return {status: 'failure', exitCode: cannotRunImage, started, finished: started};
	}

	if (now < finished || pendingTask(step) !== undefined) {
		return {status: 'running', exitCode: 0, started};
	}

	return step.push === 'refused'
		? {status: 'failure', exitCode: 1, started, finished}
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

function statusOf(steps: StepProgress[]): Status {
	if (steps.some(({status}) => status === 'failure')) {
		return 'failure';
	}

	if (steps.every(({status}) => status === 'success')) {
		return 'success';
	}

	return steps.every(({status}) => status === 'pending') ? 'pending' : 'running';
}

/** The log lines that a step has printed by a moment. */
export function linesOf(step: StoredStep, {status, finished}: StepProgress, now: number, image: string): string[] {
	if (status === 'pending' || status === 'skipped' || status === 'canceled') {
		return [];
	}

	if (step.image === 'missing') {
		return [`Error response from daemon: manifest for ${image} not found: manifest unknown`, "image can't be pulled"];
	}

	const at = status === 'killed' ? (finished ?? now) : now;
	return step.log.filter(line => line.at <= at).map(({text}) => text);
}
