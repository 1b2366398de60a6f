import {defined} from '../../domain/defined.ts';
import type {StoredPipeline} from './pipeline-store.ts';
import {type PipelineProgress, progressOf} from './progress.ts';

export const serverVersion = '3.17.0';
export const repositoryId = 42;
const defaultBranch = 'main';
const user = 'oncall';

/** A pipeline as the server writes it, with every key that Go would write. @see woodpecker v3.17.0 server/model/*.go */
export function pipelineJson(pipeline: StoredPipeline, now: number, {withWorkflows}: {withWorkflows: boolean}) {
	const progress = progressOf(pipeline, now);
	const {number, branch, commit, author, created, variables, cancelled} = pipeline;
	const started = seconds(progress.started);
	const finished = seconds(progress.finished);
	return {
		id: pipelineId(number),
		number,
		author,
		parent: pipeline.parent,
		event: pipeline.event,
		event_reason: null,
		status: progress.status,
		errors: null,
		created: seconds(created),
		updated: finished || started || seconds(created),
		started,
		finished,
		deploy_to: '',
		deploy_task: '',
		commit,
		branch,
		rerun_count: pipeline.reruns,
		// The bare branch up to 3.17 for a manual run. @see woodpecker#7051
		ref: pipeline.event === 'manual' ? branch : `refs/heads/${branch}`,
		refspec: '',
		author_avatar: `https://git.acme.example/avatars/${author}`,
		forge_url: `https://git.acme.example/acme/infra/commit/${commit}`,
		reviewed_by: '',
		reviewed: 0,
		version: serverVersion,
		title: '',
		message: pipeline.message,
		timestamp: seconds(created),
		sender: '',
		author_email: `${author}@acme.example`,
		...defined({
			cancel_info: cancelled && {canceled_by_user: cancelled.by},
			variables: variables && Object.keys(variables).length > 0 ? variables : undefined,
			workflows: withWorkflows ? [workflowJson(pipeline, progress)] : undefined,
		}),
	};
}

/** @param index of the step in the pipeline */
export function stepId(number: number, index: number): number {
	return 84_000 + number * 10 + index;
}

function pipelineId(number: number): number {
	return 20_000 + number;
}

function workflowJson({number, steps}: StoredPipeline, progress: PipelineProgress) {
	return {
		id: 14_000 + number,
		pipeline_id: pipelineId(number),
		pid: 1,
		name: 'woodpecker',
		state: progress.status === 'canceled' ? 'skipped' : progress.status,
		...optionalTimes(progress),
		...defined({agent_id: progress.started === undefined ? undefined : 1}),
		children: steps.map(({name, kind}, index) => {
			const step = progress.steps[index]!;
			return {
				id: stepId(number, index),
				uuid: `01DR1LL${String(stepId(number, index)).padStart(19, '0')}`,
				pipeline_id: pipelineId(number),
				pid: index + 2,
				ppid: 1,
				name,
				state: step.status,
				exit_code: step.exitCode,
				...optionalTimes(step),
				type: kind === 'clone' ? 'clone' : 'commands',
			};
		}),
	};
}

/** `omitempty` in Go. */
function optionalTimes({started, finished}: {started?: number; finished?: number}) {
	return defined({
		started: started === undefined ? undefined : seconds(started),
		finished: finished === undefined ? undefined : seconds(finished),
	});
}

export function logJson(number: number, index: number, lines: string[]) {
	return lines.length === 0
		? null
		: lines.map((text, line) => ({
				id: stepId(number, index) * 100 + line,
				step_id: stepId(number, index),
				time: line,
				line,
				data: Buffer.from(text).toString('base64'),
				type: 0,
			}));
}

export function repositoryJson() {
	return {
		id: repositoryId,
		forge_id: 1,
		forge_remote_id: '7',
		org_id: 1,
		owner: 'acme',
		name: 'infra',
		full_name: 'acme/infra',
		avatar_url: '',
		forge_url: 'https://git.acme.example/acme/infra',
		clone_url: 'https://git.acme.example/acme/infra.git',
		clone_url_ssh: 'git@git.acme.example:acme/infra.git',
		default_branch: defaultBranch,
		pr_enabled: true,
		timeout: 60,
		visibility: 'public',
		private: false,
		trusted: {network: false, volumes: false, security: false},
		require_approval: 'forks',
		approval_allowed_users: [],
		active: true,
		allow_pr: true,
		allow_deploy: false,
		config_file: '',
		cancel_previous_pipeline_events: ['push', 'pull_request'],
		netrc_trusted: [],
	};
}

export const userJson = {
	id: 3,
	forge_id: 1,
	forge_remote_id: '3',
	login: user,
	email: `${user}@acme.example`,
	avatar_url: '',
	org_id: 3,
};

export const permissionsJson = {pull: true, push: true, admin: false, synced: 0, created: 0, updated: 0};

function seconds(milliseconds: number | undefined): number {
	return milliseconds === undefined ? 0 : Math.floor(milliseconds / 1000);
}
