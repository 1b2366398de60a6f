import {OperatorError} from '../../domain/errors.ts';
import {stillRunning} from '../../domain/incident/incident.ts';
import type {JsonObject} from '../../domain/json.ts';
import type {Ci, Pipeline} from '../ports/ci.ts';
import type {ActionContext, ActionResult} from './action.ts';
import {createLastingLook} from './lasting-look.ts';

export type BuildOrder = {repository: string; branch: string; requestId: string};

export const pollMs = 2_000;
/** Whoever has just triggered something wants to see it begin. */
const firstPollMs = 250;
/** This much of the step's time is waited for; then it is said that the pipeline still runs. */
const patience = 0.9;

/** @param first what is known of it, where it was triggered just now */
export async function followPipeline(
	ci: Ci,
	order: BuildOrder,
	number: number,
	context: ActionContext,
	first?: Pipeline,
): Promise<ActionResult> {
	const {clock} = context.ports;
	const givenUp = clock.monotonic() + context.timeoutMs * patience;
	const look = createLastingLook(`Pipeline ${number}`, context);
	const seen = new Map<number, number>();
	let pipeline = first;

	let wait = firstPollMs;
	for (let fresh = first; ; fresh = await look(() => ci.pipeline(order.repository, number, context))) {
		pipeline = fresh ?? pipeline;
		if (fresh) {
			await readLog(ci, order, fresh, seen, context);
			const ended = fresh.steps.filter(({state}) => state !== 'waiting' && state !== 'running').length;
			context.progress({label: `pipeline ${number} ${fresh.status}`, done: ended, total: fresh.steps.length});

			if (isFinal(fresh)) {
				return {outcome: outcomeOf(fresh, order), output: outputOf(fresh), say: sayEnd(fresh, order)};
			}
		}

		if (clock.monotonic() > givenUp) {
			return {
				outcome: stillRunning,
				output: pipeline ? outputOf(pipeline) : {number},
				say: `Pipeline ${number} is still ${pipeline?.status ?? 'not seen to its end'}. It goes on in CI.`,
			};
		}

		await clock.sleep(wait, context);
		wait = Math.min(2 * wait, pollMs);
	}
}

/** A log that cannot be read says nothing of the build. */
async function readLog(
	ci: Ci,
	{repository}: BuildOrder,
	pipeline: Pipeline,
	seen: Map<number, number>,
	context: ActionContext,
): Promise<void> {
	try {
		for (const {step, text} of await ci.logs(repository, pipeline, seen, context)) {
			context.log(`${step} | ${text}`);
		}
	} catch (error) {
		context.signal.throwIfAborted();
		if (!(error instanceof OperatorError)) {
			throw error;
		}

		context.log(`The log of pipeline ${pipeline.number} cannot be read: ${error.message}`);
	}
}

/** What went wrong is in the steps: an exit of 126 says that the step's own image cannot be run. */
export function sayEnd({number, state, status, steps, errors, branch}: Pipeline, order: BuildOrder): string {
	if (state === 'succeeded' && branch !== order.branch) {
		return `Pipeline ${number} succeeded, but it built ${branch}, not ${order.branch}.`;
	}

	if (state === 'succeeded') {
		return `Pipeline ${number} succeeded.`;
	}

	const failed = steps.find(step => step.state === 'failed');
	const why = errors[0] ?? (failed ? `step "${failed.name}" ended with ${failed.exitCode ?? 'an error'}` : status);
	const hint = failed?.exitCode === 126 ? ' Its own image cannot be pulled: use the fallback.' : '';
	return `Pipeline ${number} ${state}: ${why}.${hint}`;
}

export function isFinal({state}: Pipeline): boolean {
	return state !== 'waiting' && state !== 'running';
}

/** A green build of something else has built nothing of ours. */
export function outcomeOf({state, branch}: Pipeline, order: BuildOrder): string {
	return state === 'succeeded' && branch === order.branch ? 'succeeded' : 'failed';
}

export function outputOf({number, url, commit, branch}: Pipeline): JsonObject {
	return {number, url: url ?? null, commit, branch};
}
