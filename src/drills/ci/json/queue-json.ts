import {isOld} from '../dialect.ts';
import {pipelineId, workflowId} from '../ids.ts';
import type {StoredPipeline} from '../pipeline-store.ts';
import type {CiPlace, CiRepository} from '../place.ts';
import {onlyWorkflow, progressOf} from '../progress.ts';
import {viewOf} from '../requests/shared.ts';

const places = 8;

/** What an admin sees of the queue. Before 3.0 an empty list is `null`, and a task carries its whole workflow in `data`. */
export function queueJson(place: CiPlace) {
	const old = isOld(place.dialect);
	const live = place.repositories.flatMap(repository =>
		repository.store.pipelines().flatMap(pipeline => {
			const {status} = progressOf(pipeline, viewOf(place));
			return status === 'pending' || (status === 'running' && keepsTask(pipeline, old))
				? [{status, isHeld: pipeline.agentDied === undefined, task: taskJson(place, repository, pipeline)}]
				: [];
		}),
	);
	const tasks = (wanted: string) => live.filter(({status}) => status === wanted).map(({task}) => task);
	const [pending, running] = [tasks('pending'), tasks('running')];
	const listed = <Item>(items: Item[]) => (old && items.length === 0 ? null : items);
	return {
		pending: listed(pending),
		waiting_on_deps: listed([]),
		running: listed(running),
		stats: {
			worker_count: places - live.filter(({status, isHeld}) => status === 'running' && isHeld).length,
			pending_count: pending.length,
			waiting_on_deps_count: 0,
			running_count: running.length,
		},
		paused: place.queue.paused,
	};
}

/** The task of a dead agent is dropped since 3.x, and counted as running for ever before. */
function keepsTask({agentDied}: StoredPipeline, old: boolean): boolean {
	return agentDied === undefined || old;
}

function taskJson({dialect, now}: CiPlace, {id, name}: CiRepository, pipeline: StoredPipeline) {
	const {number, branch, event, created, workflows = [onlyWorkflow], agentDied} = pipeline;
	const old = isOld(dialect);
	const started = !pipeline.waits && created < now();
	const own = workflows[0]!.labels ?? {backend: 'local'};
	const common = {
		id: String(workflowId(pipeline, 0)),
		labels: {...own, repo: `acme/${name}`},
		dependencies: null,
		run_on: null,
		dep_status: {},
		agent_id: started || agentDied ? 2 : 0,
	};
	const scoped = {
		'org-id': '1',
		'woodpecker-ci.org/branch': branch,
		'woodpecker-ci.org/commit-branch': branch,
		'woodpecker-ci.org/event': event,
		'woodpecker-ci.org/forge-id': 'gitea',
		'woodpecker-ci.org/org-id': '1',
		'woodpecker-ci.org/repo-forge-id': String(100 + id),
		'woodpecker-ci.org/repo-full-name': `acme/${name}`,
		'woodpecker-ci.org/repo-id': String(id),
		'woodpecker-ci.org/repo-name': name,
	};
	return old
		? {...common, data: Buffer.from('{"config":{}}').toString('base64')}
		: {
				...common,
				pid: 1,
				name: workflows[0]!.name,
				labels: {...common.labels, ...scoped},
				pipeline_id: pipelineId(pipeline),
				repo_id: id,
				concurrency_limit: 0,
				concurrency_group: '',
				created: Math.floor(created / 1000),
				pipeline_number: number,
				agent_name: started ? 'build1' : '',
			};
}

export function agentsJson({dialect, now}: CiPlace) {
	const seconds = Math.floor(now() / 1000);
	return ['docker', 'local'].map((backend, at) => ({
		id: at + 1,
		created: seconds,
		updated: seconds,
		name: `build${at + 1}`,
		owner_id: -1,
		token: 'TOKEN',
		last_contact: seconds,
		last_work: seconds,
		platform: 'linux/amd64',
		backend,
		capacity: places / 2,
		version: 'dev',
		no_schedule: false,
		...(isOld(dialect) ? {} : {custom_labels: null, org_id: -1}),
	}));
}
