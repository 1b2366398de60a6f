import * as v from 'valibot';
import {defined} from '../../domain/defined.ts';
import type {Pipeline, PipelineState, PipelineStep} from '../../engine/ports/ci.ts';
import {unreadable} from './response.ts';

/** The variable by which regmedic recognises its own pipelines. */
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

/** Of 2.x and 3.x: times lost their `_at`, and `commit` is changing from text to an object (PR #4626). */
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

type RawPipeline = v.InferOutput<typeof schema>;

export type KnownPipeline = Pipeline & {
	/** The number of the pipeline that this one restarts; 0 for none. */
	parent: number;
	/** False: the response leaves the variables out, or there are none. */
	hasVariables: boolean;
};

type PipelineContext = {
	host: string;
	/** The address under which people see the repository's pipelines. */
	page: string;
	/** The server's clock, milliseconds since 1970. */
	nowMs: number;
};

/**
 * Reads one pipeline of the API.
 * @throws OperatorError ci.unreadable
 */
export function readPipeline(json: unknown, {host, page, nowMs}: PipelineContext): KnownPipeline {
	const parsed = v.safeParse(schema, json);
	if (!parsed.success) {
		throw unreadable(host, 'about a pipeline does not have its number');
	}

	const raw = parsed.output;
	const finished = raw.finished || raw.finished_at;

	return {
		number: raw.number,
		state: stateOf(raw, nowMs),
		status: raw.status,
		branch: raw.branch,
		commit: raw.commit,
		event: raw.event,
		created: iso(raw.created || raw.created_at || 0),
		url: `${page}/${raw.number}`,
		title: (raw.title || raw.message).split('\n')[0]!,
		errors: errorsOf(raw),
		steps: stepsOf(raw),
		parent: raw.parent,
		hasVariables: raw.variables !== undefined,
		...defined({finished: finished ? iso(finished) : undefined, requestId: raw.variables?.[requestVariable]}),
	};
}

/** The server's statuses of a pipeline, a workflow and a step. A later version may have others. @see woodpecker server/model/const.go */
const states = new Map<string, PipelineState | 'skipped'>([
	['created', 'waiting'],
	['pending', 'waiting'],
	['blocked', 'waiting'],
	['running', 'running'],
	['started', 'running'],
	['success', 'succeeded'],
	['failure', 'failed'],
	['error', 'failed'],
	['killed', 'cancelled'],
	['canceled', 'cancelled'],
	['declined', 'cancelled'],
	['skipped', 'skipped'],
]);

/** The server sets these at once, while agents still run the steps. @see woodpecker-ci/woodpecker#2875 #6011 */
const setByServer = new Set(['killed', 'canceled', 'declined', 'error']);
/** After this long, no agent runs a step of a pipeline that the server has ended. */
const graceMs = 60_000;

/** An unknown status does not count as an end. */
function stepState(status: string): PipelineState | 'skipped' {
	return states.get(status) ?? 'running';
}

export function isLive(status: string): boolean {
	const state = stepState(status);
	return state === 'waiting' || state === 'running';
}

/** A pipeline has ended when its status says so and none of its workflows and steps is live. */
function stateOf({status, workflows, ...times}: RawPipeline, nowMs: number): PipelineState {
	const state = stepState(status);
	// Nothing of a skipped pipeline ran.
	const own = state === 'skipped' ? 'cancelled' : state;
	const live = workflows.flatMap(each => [each.state, ...each.children.map(child => child.state)]).some(isLive);
	if (isLive(status) || !live) {
		return own;
	}

	const ended = times.finished || times.finished_at || times.updated || times.updated_at;
	const endedMsAgo = ended ? nowMs - ended * 1000 : 0;
	return setByServer.has(status) && endedMsAgo > graceMs ? own : 'running';
}

/** Warnings are left out. */
function errorsOf({error, errors}: RawPipeline): string[] {
	const real = errors.filter(({is_warning}) => !is_warning).map(({message}) => message);
	return real.length === 0 && error !== '' ? [error] : real;
}

function stepsOf({workflows}: RawPipeline): PipelineStep[] {
	return workflows.flatMap(({name: workflowName, children}) =>
		children.map(({id, name, state, exit_code}) => ({
			id,
			// Every workflow has its own `clone`.
			name: workflows.length > 1 ? `${workflowName}/${name}` : name,
			state: stepState(state),
			...defined({exitCode: exit_code}),
		})),
	);
}

/** @param time seconds since 1970 */
function iso(time: number): string {
	return new Date(Math.min(Math.max(time, 0), 8.64e12) * 1000).toISOString();
}
