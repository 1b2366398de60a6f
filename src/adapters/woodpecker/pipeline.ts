import * as v from 'valibot';
import {defined} from '../../domain/defined.ts';
import type {Pipeline, PipelineState, PipelineStep, Workflow} from '../../domain/pipeline/pipeline.ts';
import {readableItems} from './readable-items.ts';
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
	pid: v.fallback(v.number(), 0),
	uuid: text,
	error: text,
	type: text,
	finished: seconds,
	end_time: seconds,
});

const workflow = v.object({
	id: v.fallback(v.number(), 0),
	name: text,
	state: text,
	error: text,
	environ: v.fallback(v.record(v.string(), v.unknown()), {}),
	children: readableItems(step),
});

/** Since 3.14. */
const cancelInfo = v.object({
	canceled_by_user: text,
	superseded_by: v.fallback(v.number(), 0),
	canceled_by_step: text,
});

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
	author: text,
	ref: text,
	refspec: text,
	deploy_to: text,
	reviewed_by: text,
	cancel_info: v.fallback(v.optional(cancelInfo), undefined),
	/** Since 3.14: the version of the server. */
	version: v.fallback(v.optional(v.string()), undefined),
	started: seconds,
	started_at: seconds,
	created: seconds,
	created_at: seconds,
	finished: seconds,
	finished_at: seconds,
	updated: seconds,
	updated_at: seconds,
	title: text,
	message: text,
	error: text,
	errors: readableItems(v.object({message: text, is_warning: v.fallback(v.boolean(), false)})),
	variables: v.fallback(v.optional(v.record(v.string(), v.unknown())), undefined),
	workflows: readableItems(workflow),
});

type RawPipeline = v.InferOutput<typeof schema>;

export type KnownPipeline = Pipeline & {
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

	const started = raw.started || raw.started_at;
	const url = `${page}/${raw.number}`;
	const request = raw.variables?.[requestVariable];
	const workflows = workflowsOf(raw, url);

	return {
		number: raw.number,
		state: stateOf(raw, nowMs),
		status: raw.status,
		branch: raw.branch,
		ref: raw.ref,
		refspec: raw.refspec,
		commit: raw.commit,
		event: raw.event,
		deployTo: raw.deploy_to,
		author: raw.author,
		created: iso(raw.created || raw.created_at || 0),
		url,
		title: (raw.title || raw.message).split('\n')[0]!,
		errors: errorsOf(raw),
		tellsWhoCancelled: raw.version !== undefined,
		workflows,
		steps: workflows.flatMap(({steps}) => steps),
		parent: raw.parent,
		hasVariables: raw.variables !== undefined,
		...defined({
			started: started ? iso(started) : undefined,
			finished: finished ? iso(finished) : undefined,
			requestId: typeof request === 'string' ? request : undefined,
			reviewedBy: raw.reviewed_by || undefined,
			cancelled: cancelledOf(raw),
		}),
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

/** A restart has a copy of the old one. Only a newer pipeline can have replaced this one. */
function cancelledOf({number, cancel_info: info}: RawPipeline): Pipeline['cancelled'] {
	const isCopied = info !== undefined && info.superseded_by > 0 && info.superseded_by <= number;
	return info === undefined || isCopied
		? undefined
		: defined({
				by: info.canceled_by_user || undefined,
				supersededBy: info.superseded_by || undefined,
				step: info.canceled_by_step || undefined,
			});
}

function workflowsOf({workflows}: RawPipeline, page: string): Workflow[] {
	return workflows.map(({id, name, state, error, environ, children}) => {
		const isAlone = workflows.filter(each => each.name === name).length === 1;
		// The workflows of a matrix share their name.
		const values = Object.entries(environ).map(([key, value]) => `${key}=${value}`);
		const label = isAlone || values.length === 0 ? name : `${name} (${values.join(', ')})`;
		return {
			id,
			name: label,
			state: stepState(state),
			// Every workflow has its own `clone`.
			steps: children.map(child => stepOf(child, workflows.length > 1 ? `${label}/` : '', page)),
			...defined({error: error || undefined}),
		};
	});
}

function stepOf(raw: v.InferOutput<typeof step>, prefix: string, page: string): PipelineStep {
	const finished = raw.finished || raw.end_time;
	return {
		id: raw.id,
		name: `${prefix}${raw.name}`,
		state: stepState(raw.state),
		isService: raw.type === 'service',
		...defined({
			exitCode: raw.exit_code,
			error: raw.error || undefined,
			uuid: raw.uuid || undefined,
			finished: finished ? iso(finished) : undefined,
			url: raw.pid ? `${page}/${raw.pid}` : undefined,
		}),
	};
}

/** @param time seconds since 1970 */
function iso(time: number): string {
	return new Date(Math.min(Math.max(time, 0), 8.64e12) * 1000).toISOString();
}
