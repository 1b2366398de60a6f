import {isObject, type JsonObject} from '../../domain/json.ts';
import type {Action, ActionContext, ActionResult} from '../action.ts';
import type {Ci, Pipeline} from '../ports.ts';
import {ciOutcome} from './outcomes.ts';

const pollMs = 2_000;
/** A trigger whose reply was lost may still be on its way. */
const looksForLateTrigger = 3;
/** This much of the step's time is waited for; then it is said that the pipeline still runs. */
const patience = 0.9;

/** Triggers the image's pipeline once, and follows it to its end. */
export const ciBuild: Action = {
	name: 'ci.build',
	effect: 'write',
	inputs: {image: {required: true, about: 'the image reference'}},
	outcomes: {
		succeeded: 'the pipeline ended well',
		failed: 'the pipeline failed or was cancelled',
		filtered: 'the pipeline does not run on the event manual',
		rejected: 'CI did not take the order',
		late: 'the pipeline still waits or runs',
		unavailable: 'no pipeline is configured for this image',
		refused: 'CI refuses us',
		unreachable: 'CI does not answer',
	},
	provides: {number: 'the pipeline', url: 'its page', commit: 'what it built'},
	success: ['succeeded'],
	outcomeOf: ciOutcome,

	async gate({image}, {settings, ports}) {
		return {
			target: `${ports.ci?.place ?? 'CI'}: ${settings.repository}, branch ${settings.branch}`,
			changes: ['starts one manual pipeline', `which builds and pushes ${image}`],
			undo: 'Cancel the pipeline in CI. Once it has pushed, the tag names the new image.',
			phrase: `build ${settings.repository}`,
		};
	},

	async run({image}, context) {
		const {ci} = context.ports;
		const order = orderOf(context);
		if (!ci || !order) {
			return {outcome: 'unavailable', output: {}, say: `No pipeline is configured for ${image}.`};
		}

		if (context.attach && typeof context.attach.number === 'number') {
			return follow(ci, order.repository, await ci.pipeline(order.repository, context.attach.number, context), context);
		}

		const answer = await ci.trigger(order, context);
		if (answer.state !== 'created') {
			return {outcome: answer.state, output: {}, say: answer.detail};
		}

		const {number, url} = answer.pipeline;
		await context.record(
			'pipeline',
			{number, url: url ?? null},
			`Pipeline ${number} of ${order.repository} was triggered.`,
		);
		return follow(ci, order.repository, answer.pipeline, context);
	},

	async reconcile(_inputs, context) {
		const {ci, clock} = context.ports;
		const order = orderOf(context);
		if (!ci || !order) {
			return {found: 'unknown', say: 'No CI is configured any more.'};
		}

		for (let look = 0; look < looksForLateTrigger; look++) {
			if (look > 0) {
				await clock.sleep(pollMs, context);
			}

			const found = await ci.find(order, context);
			if (found) {
				return isFinal(found)
					? {
							found: 'done',
							outcome: outcomeOf(found),
							output: outputOf(found),
							say: `Pipeline ${found.number} carries our request and ended: ${found.status}.`,
						}
					: {
							found: 'running',
							output: outputOf(found),
							say: `Pipeline ${found.number} carries our request and is under way.`,
						};
			}
		}

		return {found: 'not-done', say: 'No pipeline carries our request: it was not triggered.'};
	},
};

async function follow(ci: Ci, repository: string, first: Pipeline, context: ActionContext): Promise<ActionResult> {
	const {clock} = context.ports;
	const givenUp = clock.monotonic() + context.timeoutMs * patience;
	const seen = new Map<number, number>();
	let pipeline = first;

	for (;;) {
		for (const {step, text} of await ci.logs(repository, pipeline, seen, context)) {
			context.log(`${step} | ${text}`);
		}

		const ended = pipeline.steps.filter(({state}) => state !== 'waiting' && state !== 'running').length;
		context.progress({
			label: `pipeline ${pipeline.number} ${pipeline.status}`,
			done: ended,
			total: pipeline.steps.length,
		});

		if (isFinal(pipeline)) {
			return {outcome: outcomeOf(pipeline), output: outputOf(pipeline), say: sayEnd(pipeline)};
		}

		if (clock.monotonic() > givenUp) {
			return {
				outcome: 'late',
				output: outputOf(pipeline),
				say: `Pipeline ${pipeline.number} is still ${pipeline.status}. It goes on in CI.`,
			};
		}

		await clock.sleep(pollMs, context);
		pipeline = await ci.pipeline(repository, pipeline.number, context);
	}
}

/** What went wrong is in the steps: an exit of 126 says that the step's own image cannot be run. */
function sayEnd({number, state, status, steps, errors}: Pipeline): string {
	if (state === 'succeeded') {
		return `Pipeline ${number} succeeded.`;
	}

	const failed = steps.find(step => step.state === 'failed');
	const why = errors[0] ?? (failed ? `step "${failed.name}" ended with ${failed.exitCode ?? 'an error'}` : status);
	const hint = failed?.exitCode === 126 ? ' Its own image cannot be pulled: use the fallback.' : '';
	return `Pipeline ${number} ${state}: ${why}.${hint}`;
}

function isFinal({state}: Pipeline): boolean {
	return state !== 'waiting' && state !== 'running';
}

function outcomeOf({state}: Pipeline): string {
	return state === 'succeeded' ? 'succeeded' : 'failed';
}

function outputOf({number, url, commit, branch}: Pipeline): JsonObject {
	return {number, url: url ?? null, commit, branch};
}

function orderOf({settings, request}: ActionContext) {
	const {repository, branch} = isObject(settings) ? settings : {};
	return typeof repository === 'string' && typeof branch === 'string'
		? {repository, branch, requestId: request}
		: undefined;
}
