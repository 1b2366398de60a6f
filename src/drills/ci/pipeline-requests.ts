import {commitOf} from '../programs/git.ts';
import {pipelineJson, userJson} from './api-json.ts';
import {planImageBuild, planOrdinary} from './pipeline-plans.ts';
import type {PipelineStore, StoredPipeline} from './pipeline-store.ts';
import {isLive, progressOf} from './progress.ts';
import {type CiResponse, empty, json, text} from './response.ts';

/** On `docs` no workflow matches the event manual. */
export const branches = ['main', 'release', 'docs'];
const branchWithoutWorkflow = 'docs';
const largestPage = 50;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** What the API does with pipelines; each function handles one kind of request. */
export type PipelineRequests = {
	list(query: URLSearchParams): CiResponse;
	create(body: string): Promise<CiResponse>;
	restart(number: number, query: URLSearchParams): Promise<CiResponse>;
	cancel(number: number): Promise<CiResponse>;
};

/** @see woodpecker v3.17.0 server/api/pipeline.go and server/pipeline/{create,restart,cancel}.go */
export function createPipelineRequests(options: {
	store: PipelineStore;
	seed: string;
	speed: number;
	/** Whole reference. */
	image: string;
	runsInImage: boolean;
	/** Called after a pipeline was created, restarted or cancelled. */
	changed(): void;
}): PipelineRequests {
	const {store, seed, speed, image, runsInImage, changed} = options;

	function respondWith(pipeline: StoredPipeline): CiResponse {
		changed();
		return json(pipelineJson(pipeline, Date.now(), {withWorkflows: true}));
	}

	return {
		list: query => listPipelines(store.pipelines(), query, Date.now()),

		async create(body) {
			const order = readOrder(body);
			if (order === undefined) {
				return empty(400);
			}

			const {branch, variables} = order;
			if (!branches.includes(branch)) {
				// The forge has no head for this branch; the server gives no other reason.
				return empty(500);
			}

			if (branch === branchWithoutWorkflow) {
				return empty(204, {'Pipeline-Filtered': 'true'});
			}

			const created = Date.now();
			const pipeline = await store.add(number => ({
				number,
				parent: 0,
				reruns: 0,
				event: 'manual',
				branch,
				commit: commitOf(seed, branch),
				author: userJson.login,
				message: `MANUAL PIPELINE @ ${branch}`,
				variables,
				created,
				steps: planImageBuild({created, speed, image, runsInImage}),
			}));
			return respondWith(pipeline);
		},

		async restart(number, query) {
			const old = store.find(number);
			if (old === undefined) {
				return empty(404);
			}

			const event = query.get('event');
			if (event !== null) {
				return empty(event === 'deployment' ? 403 : 400);
			}

			const created = Date.now();
			const isBuild = old.steps.some(({kind}) => kind === 'push');
			const pipeline = await store.add(next => ({
				...old,
				number: next,
				parent: number,
				reruns: old.reruns + 1,
				created,
				steps: isBuild ? planImageBuild({created, speed, image, runsInImage}) : planOrdinary({created, speed}),
			}));
			// The server copies cancel_info. The new pipeline is not cancelled, so the simulator leaves it out.
			delete pipeline.cancelled;
			await store.save();
			return respondWith(pipeline);
		},

		async cancel(number) {
			const pipeline = store.find(number);
			if (pipeline === undefined) {
				return empty(404);
			}

			if (!isLive(progressOf(pipeline, Date.now()).status)) {
				return text(400, 'Cannot cancel a non-running or non-pending or non-blocked pipeline');
			}

			pipeline.cancelled = {at: Date.now(), by: userJson.login};
			await store.save();
			changed();
			return empty(204);
		},
	};
}

/** @returns undefined when the body is not JSON, or a variable is not text */
function readOrder(body: string): {branch: string; variables: Record<string, string>} | undefined {
	try {
		const {branch = '', variables = {}} = JSON.parse(body) as {branch?: unknown; variables?: Record<string, unknown>};
		const isText = typeof branch === 'string' && Object.values(variables).every(value => typeof value === 'string');
		return isText ? {branch, variables: variables as Record<string, string>} : undefined;
	} catch {
		return undefined;
	}
}

/** Newest first, without workflows. @see woodpecker v3.17.0 server/api/pipeline.go, GetPipelines */
function listPipelines(pipelines: readonly StoredPipeline[], query: URLSearchParams, now: number): CiResponse {
	const [after, before] = [timeIn(query, 'after'), timeIn(query, 'before')];
	if (after === 'malformed' || before === 'malformed') {
		return empty(400);
	}

	const events = (query.get('event') ?? '').split(',').filter(Boolean);
	const [branch, status, ref] = ['branch', 'status', 'ref'].map(name => query.get(name) ?? '');
	const found = pipelines
		.filter(({event}) => events.length === 0 || events.includes(event))
		.filter(pipeline => !branch || pipeline.branch === branch)
		.filter(pipeline => !ref || pipeline.branch === ref.replace('refs/heads/', ''))
		.filter(pipeline => !status || progressOf(pipeline, now).status === status)
		.filter(({created}) => (after === undefined || created > after) && (before === undefined || created < before))
		.toSorted((a, b) => b.number - a.number);

	return json(onePage(found, query).map(pipeline => pipelineJson(pipeline, now, {withWorkflows: false})));
}

function timeIn(query: URLSearchParams, name: string): number | 'malformed' | undefined {
	const value = query.get(name);
	if (value === null) {
		return undefined;
	}

	return rfc3339.test(value) ? Date.parse(value) : 'malformed';
}

/** The page that the query asks for. Page sizes above 50, and those that are no number, become 50. */
export function onePage<Item>(items: readonly Item[], query: URLSearchParams): Item[] {
	const asked = Number(query.get('perPage') ?? largestPage);
	const size = Number.isInteger(asked) && asked > 0 ? Math.min(asked, largestPage) : largestPage;
	const number = Math.max(1, Math.trunc(Number(query.get('page') ?? 1)) || 1);
	return items.slice((number - 1) * size, number * size);
}
