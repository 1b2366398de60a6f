import type {Pipeline, PipelineStep, Workflow} from './pipeline.ts';

/** The step, or the workflow alone where none of its steps began. */
export type Blamed = {workflow: Workflow; step?: PipelineStep};

/**
 * The step whose failure ended the first workflow that failed. A service is stopped at the end of every workflow, and a step with
 * `failure: ignore` ends nothing: the server calls both a failure all the same.
 */
export function blame({workflows}: Pipeline): Blamed | undefined {
	const workflow = workflows.find(({state}) => state === 'failed') ?? workflows.find(({error}) => error !== undefined);
	return workflow && {workflow, ...stepOf(workflow)};
}

function stepOf(workflow: Workflow): {step: PipelineStep} | undefined {
	const {error, steps} = workflow;
	const failed = steps.filter(({state}) => state === 'failed');
	const step =
		// Before 3.17 a workflow names the step: `uuid=01M8…: exit code 3`.
		failed.find(({uuid}) => uuid !== undefined && error?.includes(`uuid=${uuid}`)) ??
		failed.find(each => each.error !== undefined && each.error === error) ??
		(error === undefined ? lastToEnd(steps) : undefined) ??
		// The workflow's error is about something else, or nothing: only one step can have ended it.
		(failed.filter(each => !each.isService).length === 0 ? undefined : lastToEnd(steps));
	return step && {step};
}

/** After an ignored failure the next steps run; after one that counts they are skipped. */
function lastToEnd(steps: readonly PipelineStep[]): PipelineStep | undefined {
	const skipped = steps.findIndex(({state}, at) => state === 'skipped' && steps.slice(0, at).some(isFailed));
	const before = skipped === -1 ? steps : steps.slice(0, skipped);
	return before
		.filter(isFailed)
		.reduce<PipelineStep | undefined>(
			(last, step) => (last === undefined || (step.finished ?? '') >= (last.finished ?? '') ? step : last),
			undefined,
		);
}

function isFailed({state, isService}: PipelineStep): boolean {
	return state === 'failed' && !isService;
}
