import * as v from 'valibot';
import type {Pipeline, PipelineStep} from '../../engine/ports/ci.ts';
import {unreadable} from './answer.ts';
import {isLive, type Status, stateOf, stepStateOf} from './pipeline-state.ts';

/** The variable by which we know our own pipelines again. */
export const requestVariable = 'REGMEDIC_REQUEST_ID';

const text = v.fallback(v.string(), '');
const seconds = v.fallback(v.optional(v.number()), undefined);

const step = v.object({
	id: v.number(),
	name: text,
	state: text,
	exit_code: v.fallback(v.optional(v.number()), undefined),
});

const workflow = v.object({name: text, state: text, children: v.fallback(v.array(step), [])});

/** Of 2.x and 3.x: times lost their `_at`, `commit` is on its way from text to an object (PR #4626). */
const schema = v.object({
	number: v.pipe(v.number(), v.integer()),
	status: text,
	branch: text,
	event: text,
	commit: v.fallback(
		v.union([
			v.string(),
			v.pipe(
				v.object({sha: v.string()}),
				v.transform(({sha}) => sha),
			),
		]),
		'',
	),
	parent: v.fallback(v.number(), 0),
	created: seconds,
	created_at: seconds,
	finished: seconds,
	finished_at: seconds,
	updated: seconds,
	updated_at: seconds,
	title: text,
	message: text,
	error: text,
	errors: v.fallback(v.array(v.object({message: text, is_warning: v.fallback(v.boolean(), false)})), []),
	variables: v.fallback(v.optional(v.record(v.string(), v.string())), undefined),
	workflows: v.fallback(v.array(workflow), []),
});

export type KnownPipeline = Pipeline & {
	/** The number of the pipeline this one restarted; 0 for none. */
	parent: number;
	/** False: this answer leaves the variables out, or there are none. */
	hasVariables: boolean;
};

/**
 * @param page where the repository's pipelines are shown to people
 * @param nowMs the server's clock
 */
export function readPipeline(json: unknown, {place, page, nowMs}: PipelineContext): KnownPipeline {
	const parsed = v.safeParse(schema, json);
	if (!parsed.success) {
		throw unreadable(place, 'about a pipeline does not have its number', false);
	}

	const raw = parsed.output;
	const finished = raw.finished || raw.finished_at;
	const ended = finished || raw.updated || raw.updated_at;
	const live = raw.workflows
		.flatMap(({state, children}) => [state, ...children.map(child => child.state)])
		.some(isLive);
	const requestId = raw.variables?.[requestVariable];

	return {
		number: raw.number,
		state: stateOf({status: raw.status as Status, live, endedMsAgo: ended ? nowMs - ended * 1000 : 0}),
		status: raw.status,
		branch: raw.branch,
		commit: raw.commit,
		event: raw.event,
		created: iso(raw.created || raw.created_at || 0),
		...(finished ? {finished: iso(finished)} : {}),
		url: `${page}/${raw.number}`,
		title: (raw.title || raw.message).split('\n')[0]!,
		errors: problems(raw),
		steps: steps(raw.workflows),
		...(requestId === undefined ? {} : {requestId}),
		parent: raw.parent,
		hasVariables: raw.variables !== undefined,
	};
}

export type PipelineContext = {place: string; page: string; nowMs: number};

function problems({error, errors}: {error: string; errors: {message: string; is_warning: boolean}[]}): string[] {
	const real = errors.filter(({is_warning}) => !is_warning).map(({message}) => message);
	return real.length === 0 && error !== '' ? [error] : real;
}

function steps(workflows: v.InferOutput<typeof workflow>[]): PipelineStep[] {
	return workflows.flatMap(({name: workflowName, children}) =>
		children.map(({id, name, state, exit_code}) => ({
			id,
			// Every workflow has its own `clone`.
			name: workflows.length > 1 ? `${workflowName}/${name}` : name,
			state: stepStateOf(state),
			...(exit_code === undefined ? {} : {exitCode: exit_code}),
		})),
	);
}

/** @param time seconds since 1970 */
function iso(time: number): string {
	return new Date(Math.min(Math.max(time, 0), 8.64e12) * 1000).toISOString();
}
