import {isOld} from '../dialect.ts';
import {pipelineJson} from '../json/pipeline-json.ts';
import type {StoredPipeline} from '../pipeline-store.ts';
import {progressOf} from '../progress.ts';
import {type CiResponse, empty, json} from '../response.ts';
import {type Call, viewOf} from './shared.ts';

const largestPage = 50;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const events = new Set([
	'push',
	'pull_request',
	'pull_request_closed',
	'pull_request_metadata',
	'tag',
	'release',
	'deployment',
	'cron',
	'manual',
]);

/** Newest first, without workflows. @see woodpecker v3.17.0 server/api/pipeline.go, GetPipelines */
export function list({place, repository, query}: Call): CiResponse {
	const [after, before] = [timeIn(query, 'after'), timeIn(query, 'before')];
	const view = viewOf(place);
	const wanted = (query.get('event') ?? '').split(',').filter(Boolean);
	const filters = !isOld(view.dialect);
	if (after === 'malformed' || before === 'malformed' || (filters && wanted.some(event => !events.has(event)))) {
		return empty(400);
	}

	const [branch, status, ref] = ['branch', 'status', 'ref'].map(name => query.get(name) ?? '');
	// Before 3.0 only the times are filters; the others are ignored.
	const matches = (pipeline: StoredPipeline) =>
		!filters ||
		((wanted.length === 0 || wanted.includes(pipeline.event)) &&
			(!branch || pipeline.branch === branch) &&
			(!ref || pipeline.branch === ref.replace('refs/heads/', '')) &&
			(!status || progressOf(pipeline, view).status === status));
	const found = repository.store
		.pipelines()
		.filter(matches)
		.filter(({created}) => isWithin(Math.floor(created / 1000) * 1000, {after, before}))
		.toSorted((a, b) => b.number - a.number);

	return json(
		onePage(found, query).map(pipeline =>
			pipelineJson(pipeline, view, {
				repository: `acme/${repository.name}`,
				version: place.version,
				withWorkflows: false,
			}),
		),
	);
}

/** The server knows whole seconds. */
function isWithin(created: number, {after, before}: {after: number | undefined; before: number | undefined}): boolean {
	return (after === undefined || created > after) && (before === undefined || created < before);
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
