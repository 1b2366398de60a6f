import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import type {Change} from '../../domain/incident/change.ts';
import type {Problem} from '../../domain/incident/event.ts';
import {stillRunning} from '../../domain/incident/incident.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {JsonObject} from '../../domain/json.ts';
import type {CommandEnd} from '../ports/build-command.ts';
import type {ActionContext, ActionNamed, ActionResult} from './action.ts';
import {follow} from './follow.ts';
import {expectedInputs, stillDamaged} from './still-damaged.ts';
import {findPush, stateBefore, throwNotKnown} from './tag-state.ts';
import {lookAtTags, tagsChanged} from './tag-writes.ts';

/** An order is an answer of the CI, not a build. */
const orderTimeoutMs = 120_000;
const pollMs = 5_000;
/** The rest of the step is for the last look at the registry. */
const followShare = 0.8;
/** A registry shows what was pushed at once; a cache before it may not. */
const afterFollowMs = 30_000;
const shownLines = 8;

/** Orders a build by the operator's own command, once; what proves it is the registry. */
export const commandBuild: ActionNamed<'command.build'> = {
	name: 'command.build',
	parse: inputParser('command.build'),
	effect: 'write',
	inputs: {
		image: {required: true, about: 'the image reference'},
		...expectedInputs,
	},
	outcomes: {
		pushed: 'the registry has the new image',
		failed: 'a command ended with an error, and the registry has no new image',
		rejected: 'a tag is not as it was approved, or could not be read; nothing was ordered',
		late: 'a build was ordered, and the registry has no new image yet',
		unavailable: 'no command is configured for this image',
	},
	provides: {},
	success: ['pushed'],

	async gate({image}, context) {
		const {buildCommand} = context.ports;
		if (buildCommand === undefined) {
			throw new OperatorError('command.unconfigured', `No command builds ${formatReference(image)}.`, {
				hint: 'Choose another remedy, or configure images.….build.command.',
				exit: 'configuration',
			});
		}

		const {pushes} = context.settings.order ?? {};
		const change: Change = {
			kind: 'run-build-command',
			image: formatReference(image),
			command: buildCommand.command,
			...defined({follow: buildCommand.follow}),
			writes: pushes === undefined ? null : (await lookAtTags(image, pushes, context)).map(({write}) => write),
		};
		return {
			target: 'this machine',
			changes: [change],
			undo: 'None: cancel the build in your CI. What its tags named before is broken.',
			phrase: `build ${image.repository}`,
		};
	},

	precondition: (inputs, context) => stillDamaged(inputs.image, inputs, context),

	async run({image}, context) {
		const {buildCommand} = context.ports;
		const {approved, attach, request, timeoutMs} = context;
		if (buildCommand === undefined) {
			return {outcome: 'unavailable', output: {}, say: `No command builds ${formatReference(image)}.`};
		}

		const change = approved.find(each => each.kind === 'run-build-command');
		const isApproved = change?.command === buildCommand.command && change.follow === buildCommand.follow;
		let before: JsonObject | undefined;
		if (!attach) {
			const problem = isApproved ? await tagsChanged(image, change.writes ?? [], context) : notApproved;
			if (problem !== undefined) {
				return {outcome: 'rejected', output: {}, say: problem.message, problem};
			}

			before = await stateBefore(proven(image, context), context);
			const ordered = await buildCommand.order(request, {...context, timeoutMs: orderTimeoutMs});
			if (ordered.exitCode === undefined) {
				return throwNotKnown(
					'The command was killed, or did not end in time: it may have ordered a build. Look at your CI.',
				);
			}

			if (ordered.exitCode !== 0) {
				return failed(
					`The command ended with exit ${ordered.exitCode}. Look at your CI before you order again.`,
					ordered,
				);
			}

			await context.record('ordered', before, 'The command has ordered a build.');
		}

		// It only waits: after a crash it is run once more.
		if (buildCommand.follow === undefined || !isApproved) {
			return proveByRegistry(proven(image, context), context, before);
		}

		const waited = await buildCommand.wait(request, {...context, timeoutMs: timeoutMs * followShare});
		if (waited.exitCode === undefined) {
			return proveByRegistry(proven(image, context), {...context, timeoutMs: timeoutMs * (1 - followShare)}, before);
		}

		if (waited.exitCode !== 0) {
			const found = await findPush(proven(image, context), context, before);
			return found.kind === 'pushed'
				? {outcome: 'pushed', output: {}, say: found.say}
				: failed(`The build failed: the command that follows it ended with exit ${waited.exitCode}.`, waited);
		}

		const proof = await proveByRegistry(
			proven(image, context),
			{...context, timeoutMs: Math.min(afterFollowMs, timeoutMs)},
			before,
		);
		return proof.outcome === 'pushed'
			? proof
			: failed(
					`The build is over, as the command that follows it says, and ${formatReference(proven(image, context))} is not new: it pushed nothing, or elsewhere.`,
					waited,
				);
	},

	async reconcile({image}, context) {
		if (!context.recorded.some(({name}) => name === 'ordered')) {
			return {
				kind: 'unknown',
				say: 'The order of the command cannot be looked up. Look at your CI, then record the outcome by hand.',
			};
		}

		const found = await findPush(proven(image, context), context);
		return found.kind === 'pushed'
			? {kind: 'done', outcome: 'pushed', output: {}, say: found.say}
			: {kind: 'running', output: {}, say: `A build was ordered. ${found.say}`};
	},
};

/** The first tag that it is declared to push, else the image itself: where that was not pushed, none was. */
function proven(image: ImageReference, {settings}: ActionContext): ImageReference {
	const {host, repository, tag} = image;
	const {pushes = []} = settings.order ?? {};
	const [first] = pushes;
	return first === undefined || (tag !== undefined && pushes.includes(tag)) ? image : {host, repository, tag: first};
}

async function proveByRegistry(
	image: ImageReference,
	context: ActionContext,
	before: JsonObject | undefined,
): Promise<ActionResult<Record<string, never>>> {
	const last = await follow(
		{
			name: formatReference(image),
			pollMs,
			look: () => findPush(image, context, before),
			isOver: ({kind}) => kind === 'pushed',
			tell: async () => context.progress({label: 'waiting for the image'}),
		},
		context,
	);
	return last?.kind === 'pushed'
		? {outcome: 'pushed', output: {}, say: last.say}
		: {
				outcome: stillRunning,
				output: {},
				say: `A build was ordered, and ${formatReference(image)} is not new yet. ${last?.say ?? ''}`.trim(),
			};
}

function failed(say: string, {output}: CommandEnd) {
	const lines = output.split('\n').slice(-shownLines).join('\n');
	return {outcome: 'failed', output: {}, say: `${say}${lines === '' ? '' : ` The end of its output:\n${lines}`}`};
}

const notApproved: Problem = {
	code: 'build.tag-changed',
	message: 'The command is not the one that was approved.',
	hint: 'Nothing was ordered. Choose the build again: its gate shows the command that is configured now.',
};
