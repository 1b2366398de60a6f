import {defined} from '../../domain/defined.ts';
import {type Dialect, isOld} from './dialect.ts';
import type {StoredStep, StoredWorkflow} from './pipeline-store.ts';
import {isLive, progressOfStep, type Status, type StepProgress, type Times, type View} from './step-progress.ts';

export type WorkflowProgress = Times & {status: Status; error?: string; agent?: true};

export type PipelineProgress = Times & {
	status: Status;
	workflows: WorkflowProgress[];
	/** In the order of the pipeline's steps. */
	steps: StepProgress[];
};

export function workflowSteps(
	{broken}: StoredWorkflow,
	steps: StoredStep[],
	before: WorkflowProgress | undefined,
	view: View,
): StepProgress[] {
	const all = (status: Status) => steps.map((): StepProgress => ({status, exitCode: 0}));
	if (before !== undefined && before.status !== 'success') {
		return all(isLive(before.status) ? 'pending' : isOld(view.dialect) ? 'skipped' : 'killed');
	}

	if (broken !== undefined) {
		return all(view.now < steps[0]!.starts ? 'pending' : 'killed');
	}

	const done: StepProgress[] = [];
	let failed = false;
	let open = false;
	for (const step of steps) {
		const now: StepProgress = failed
			? {status: 'skipped', exitCode: 0}
			: open
				? {status: 'pending', exitCode: 0}
				: progressOfStep(step, view);
		done.push(now);
		failed ||= now.status === 'failure' && step.ignored !== true;
		open ||= step.kind !== 'service' && isLive(now.status);
	}

	return endServices(steps, done, view);
}

/** A service runs until the other steps have ended, and is stopped then: that is a failure with 137 since 3.x. */
function endServices(steps: StoredStep[], progress: StepProgress[], {dialect}: View): StepProgress[] {
	const others = progress.filter((_, n) => steps[n]!.kind !== 'service');
	if (others.some(({status}) => isLive(status))) {
		return progress.map((step, n) =>
			steps[n]!.kind === 'service' && step.status !== 'pending'
				? {status: 'running', exitCode: 0, ...defined({started: step.started})}
				: step,
		);
	}

	const finished = most(others.map(step => step.finished));
	return progress.map((step, n) =>
		steps[n]!.kind === 'service' && step.started !== undefined
			? {
					...(isOld(dialect) ? {status: 'success', exitCode: 0} : {status: 'failure', exitCode: 137}),
					started: step.started,
					...defined({finished}),
				}
			: step,
	);
}

export function workflowState(
	{broken}: StoredWorkflow,
	steps: StoredStep[],
	progress: StepProgress[],
	{before, uuids, dialect}: {before: WorkflowProgress | undefined; uuids: string[]; dialect: Dialect},
): WorkflowProgress {
	if (before !== undefined && before.status !== 'success') {
		return {status: isLive(before.status) ? 'pending' : 'skipped', ...(isOld(dialect) ? {} : {agent: true})};
	}

	if (broken !== undefined) {
		const at = steps[0]!.starts;
		return progress[0]!.status === 'pending'
			? {status: 'pending'}
			: {status: 'failure', error: broken, started: at, finished: at, agent: true};
	}

	const blamed = progress.findIndex(
		({status}, n) => status === 'failure' && steps[n]!.kind !== 'service' && steps[n]!.ignored !== true,
	);
	const counted = progress.filter((_, n) => steps[n]!.kind !== 'service' && steps[n]!.ignored !== true);
	const status = statusOf(
		progress.some(({status: each}) => isLive(each))
			? progress.map(each => each.status)
			: counted.map(each => each.status),
	);
	const started = least(progress.map(step => step.started));
	const ended = !isLive(status);
	return {
		status,
		...defined({
			started,
			finished: ended ? most(progress.map(step => step.finished)) : undefined,
			error: blamed === -1 || !ended ? undefined : errorOf(uuids[blamed]!, progress[blamed]!, dialect),
			agent: started === undefined ? undefined : (true as const),
		}),
	};
}

/** Before 3.17 a workflow repeats the exit code of its step, which it names by its uuid. */
function errorOf(uuid: string, {error, exitCode}: StepProgress, dialect: Dialect): string | undefined {
	return error ?? (isOld(dialect) ? `uuid=${uuid}: exit code ${exitCode}` : undefined);
}

export function statusOf(statuses: Status[]): Status {
	if (statuses.includes('running')) {
		return 'running';
	}

	if (statuses.includes('pending')) {
		return statuses.every(status => status === 'pending') ? 'pending' : 'running';
	}

	return statuses.includes('failure') ? 'failure' : 'success';
}

export function least(times: (number | undefined)[]): number | undefined {
	const known = times.filter(time => time !== undefined);
	return known.length === 0 ? undefined : Math.min(...known);
}

export function most(times: (number | undefined)[]): number | undefined {
	const known = times.filter(time => time !== undefined);
	return known.length === 0 ? undefined : Math.max(...known);
}
