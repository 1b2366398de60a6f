import {defined} from '../../domain/defined.ts';
import {cancelledProgress} from './cancelled.ts';
import {uuidOf} from './ids.ts';
import type {StoredPipeline, StoredWorkflow} from './pipeline-store.ts';
import {isLive, type Status, type StepProgress, type View} from './step-progress.ts';
import {
	least,
	most,
	type PipelineProgress,
	statusOf,
	type WorkflowProgress,
	workflowState,
	workflowSteps,
} from './workflow-progress.ts';

export const onlyWorkflow: StoredWorkflow = {name: 'woodpecker'};

/** The state of a pipeline at a moment. It follows from its plan, its finished pulls and pushes, and the time alone. */
export function progressOf(pipeline: StoredPipeline, view: View): PipelineProgress {
	const {approval, errors = [], cancelled, created, waits} = pipeline;
	if (errors.some(({warning}) => !warning)) {
		return {status: 'error', started: created, finished: created, workflows: [], steps: []};
	}

	if (approval !== undefined && approval.state !== 'approved') {
		return uniform(pipeline, approval.state);
	}

	if (cancelled !== undefined) {
		const before = waits ? uniform(pipeline, 'pending') : running(pipeline, {...view, now: cancelled.at});
		return cancelledProgress({pipeline, before, at: cancelled.at, view});
	}

	return waits ? uniform(pipeline, 'pending') : running(pipeline, view);
}

function uniform({workflows = [onlyWorkflow], steps}: StoredPipeline, status: Status): PipelineProgress {
	return {status, workflows: workflows.map(() => ({status})), steps: steps.map(() => ({status, exitCode: 0}))};
}

function running(pipeline: StoredPipeline, view: View): PipelineProgress {
	const {workflows = [onlyWorkflow], steps, agentDied} = pipeline;
	const seen = agentDied === undefined ? view : {...view, now: Math.min(view.now, agentDied)};
	const states: WorkflowProgress[] = [];
	const all: StepProgress[] = new Array(steps.length);

	for (const [index, workflow] of workflows.entries()) {
		const own = [...steps.entries()].filter(([, step]) => (step.workflow ?? 0) === index);
		const stepsNow = workflowSteps(
			workflow,
			own.map(([, step]) => step),
			states[workflow.after ?? -1],
			seen,
		);
		for (const [n, [at]] of own.entries()) {
			all[at] = stepsNow[n]!;
		}

		states.push(
			workflowState(
				workflow,
				own.map(([, step]) => step),
				stepsNow,
				{
					before: states[workflow.after ?? -1],
					uuids: own.map(([at]) => uuidOf(pipeline, at)),
					dialect: view.dialect,
				},
			),
		);
	}

	const started = least(states.map(state => state.started));
	const ended = states.every(({status}) => !isLive(status));
	return {
		status: statusOf(states.map(({status}) => status)),
		workflows: states,
		steps: all,
		...defined({started, finished: ended ? most(states.map(state => state.finished)) : undefined}),
	};
}
