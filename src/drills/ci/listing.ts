import {type CiAnswer, empty, json} from './answers.ts';
import {pipelinePayload} from './payload.ts';
import type {StoredPipeline} from './pipeline.ts';
import {progressOf} from './progress.ts';

const largestPage = 50;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Newest first, without workflows. @see woodpecker v3.17.0 server/api/pipeline.go, GetPipelines */
export function listPipelines(pipelines: readonly StoredPipeline[], query: URLSearchParams, now: number): CiAnswer {
	const [after, before] = [moment(query.get('after')), moment(query.get('before'))];
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

	return json(onePage(found, query).map(pipeline => pipelinePayload(pipeline, now, {withWorkflows: false})));
}

/** Beyond 50, or without a good number, 50. */
export function onePage<Item>(items: readonly Item[], query: URLSearchParams): Item[] {
	const asked = Number(query.get('perPage') ?? largestPage);
	const size = Number.isInteger(asked) && asked > 0 ? Math.min(asked, largestPage) : largestPage;
	const number = Math.max(1, Math.trunc(Number(query.get('page') ?? 1)) || 1);
	return items.slice((number - 1) * size, number * size);
}

function moment(value: string | null): number | 'malformed' | undefined {
	if (value === null) {
		return undefined;
	}

	return rfc3339.test(value) ? Date.parse(value) : 'malformed';
}
