import {defined} from '../../../domain/defined.ts';
import {isOld} from '../dialect.ts';
import {pipelineId, stepId, uuidOf, workflowId} from '../ids.ts';
import type {StoredPipeline} from '../pipeline-store.ts';
import {onlyWorkflow, progressOf} from '../progress.ts';
import type {Status, Times, View} from '../step-progress.ts';
import type {PipelineProgress} from '../workflow-progress.ts';

/** A pipeline as the server writes it, with every key that Go would write. @see test/recorded/woodpecker */
export function pipelineJson(
	pipeline: StoredPipeline,
	view: View,
	{repository, version, withWorkflows}: {repository: string; version: string; withWorkflows: boolean},
) {
	const progress = progressOf(pipeline, view);
	const {number, branch, commit, author, created, variables, event, approval, errors, deployTo = ''} = pipeline;
	const old = isOld(view.dialect);
	const started = seconds(progress.started);
	const finished = seconds(progress.finished);
	const updated = finished || seconds(approval?.at) || started || seconds(created);
	const cancelled = pipeline.cancelled ?? pipeline.copiedCancel;

	return {
		id: pipelineId(pipeline),
		number,
		author,
		parent: pipeline.parent,
		event,
		status: progress.status,
		errors: errors?.map(({warning, data, ...error}) => ({...error, is_warning: warning, data: data ?? null})) ?? null,
		...(old
			? {created_at: seconds(created), updated_at: updated, started_at: started, finished_at: finished}
			: {
					created: seconds(created),
					updated,
					started,
					finished,
					event_reason: null,
					rerun_count: pipeline.reruns,
					version,
				}),
		deploy_to: deployTo,
		deploy_task: '',
		commit,
		branch,
		// The bare branch up to 3.17 for a manual run. @see woodpecker#7051
		ref: pipeline.ref ?? (event === 'manual' ? branch : `refs/heads/${branch}`),
		refspec: '',
		author_avatar: `https://git.acme.example/avatars/${author}`,
		forge_url: `https://git.acme.example/${repository}/commit/${commit}`,
		reviewed_by: approval?.by ?? '',
		...(old ? {reviewed_at: seconds(reviewedAt(approval))} : {reviewed: seconds(reviewedAt(approval))}),
		title: '',
		message: pipeline.message,
		timestamp: seconds(created),
		sender: event === 'manual' ? '' : author,
		author_email: `${author}@acme.example`,
		...defined({
			tag_title: !old && isOfTag(pipeline) ? pipeline.ref?.replace('refs/tags/', '') : undefined,
			changed_files: event === 'push' ? ['README.md'] : undefined,
			cancel_info: old || !cancelled ? undefined : cancelInfo(cancelled),
			variables: variables && Object.keys(variables).length > 0 ? variables : undefined,
			workflows: withWorkflows && progress.workflows.length > 0 ? workflowsJson(pipeline, progress, old) : undefined,
		}),
	};
}

function isOfTag({ref = ''}: StoredPipeline): boolean {
	return ref.startsWith('refs/tags/');
}

function reviewedAt(approval: StoredPipeline['approval']): number | undefined {
	return approval?.by === '' ? undefined : approval?.at;
}

function cancelInfo({by, supersededBy}: NonNullable<StoredPipeline['cancelled']>) {
	return {...defined({canceled_by_user: by, superseded_by: supersededBy})};
}

function workflowsJson(pipeline: StoredPipeline, progress: PipelineProgress, old: boolean) {
	const {workflows = [onlyWorkflow], steps} = pipeline;
	return workflows.map(({name, environ}, index) => {
		const state = progress.workflows[index]!;
		return {
			id: workflowId(pipeline, index),
			pipeline_id: pipelineId(pipeline),
			pid: index + 1,
			name,
			state: state.status,
			...optionalTimes(state, old),
			...defined({error: state.error, environ, agent_id: state.agent && 1}),
			children: steps.flatMap(({name: stepName, kind, workflow = 0}, at) => {
				const step = progress.steps[at]!;
				return workflow === index
					? [
							{
								id: stepId(pipeline, at),
								uuid: uuidOf(pipeline, at),
								pipeline_id: pipelineId(pipeline),
								pid: workflows.length + at + 1,
								ppid: index + 1,
								name: stepName,
								state: step.status,
								exit_code: step.exitCode,
								...defined({error: step.error}),
								...optionalTimes(step, old),
								type: kind === 'push' ? 'commands' : kind,
							},
						]
					: [];
			}),
		};
	});
}

/** `omitempty` in Go. */
function optionalTimes({started, finished}: Times & {status: Status}, old: boolean) {
	const [from, to] = [started, finished].map(time => (time === undefined ? undefined : seconds(time)));
	return old ? defined({start_time: from, end_time: to}) : defined({started: from, finished: to});
}

/** An empty line is `null`: Go writes an empty slice of bytes so. */
export function logJson(pipeline: StoredPipeline, index: number, lines: string[]) {
	const id = stepId(pipeline, index);
	return lines.length === 0
		? null
		: lines.map((text, line) => ({
				id: id * 100 + line,
				step_id: id,
				time: line,
				line,
				data: text === '' ? null : Buffer.from(text).toString('base64'),
				type: 0,
			}));
}

function seconds(milliseconds: number | undefined): number {
	return milliseconds === undefined ? 0 : Math.floor(milliseconds / 1000);
}
