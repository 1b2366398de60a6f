import {isOld} from './dialect.ts';
import type {StoredPipeline} from './pipeline-store.ts';
import type {Status, StepProgress, View} from './step-progress.ts';
import type {PipelineProgress} from './workflow-progress.ts';

/**
 * A cancelled pipeline, in two stages: the server says `killed` at once, and its agent ends the running steps a moment later.
 * Where the agent died, the second never comes.
 */
export function cancelledProgress({
	pipeline: {agentDied},
	before,
	at,
	view: {now, dialect, lagMs},
}: {
	pipeline: StoredPipeline;
	/** The state when it was cancelled. */
	before: PipelineProgress;
	at: number;
	view: View;
}): PipelineProgress {
	const old = isOld(dialect);
	const notBegun: Status = old ? 'skipped' : 'canceled';
	const ended = agentDied === undefined && now >= at + lagMs;

	if (before.started === undefined) {
		return {
			status: old ? 'killed' : 'canceled',
			finished: at,
			workflows: before.workflows.map(() => ({status: 'skipped'})),
			steps: before.steps.map(() => ({status: notBegun, exitCode: 0})),
		};
	}

	function step(now: StepProgress): StepProgress {
		if (now.status === 'pending') {
			return {status: notBegun, exitCode: 0};
		}

		if (now.status !== 'running' || !ended) {
			return now;
		}

		return old
			? {...now, status: 'failure', exitCode: 126, error: 'workflow state not found', finished: at}
			: {...now, status: 'killed', exitCode: 0, error: 'Canceled', finished: at};
	}

	return {
		status: ended && old ? 'failure' : 'killed',
		started: before.started,
		finished: at,
		workflows: before.workflows.map(workflow =>
			workflow.status === 'pending'
				? {status: 'skipped'}
				: workflow.status === 'running' && ended
					? {...workflow, status: old ? 'failure' : 'killed', error: 'Canceled', finished: at}
					: workflow,
		),
		steps: before.steps.map(step),
	};
}
