import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference, isLoopback} from '../../domain/image/reference.ts';
import type {Change} from '../../domain/incident/change.ts';
import type {Problem} from '../../domain/incident/event.ts';
import {stillRunning} from '../../domain/incident/incident.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {FallbackBuild} from '../../domain/incident/settings.ts';
import type {JsonObject} from '../../domain/json.ts';
import type {Builder, BuildOrder, BuildStatus} from '../ports/builder.ts';
import type {ActionContext, ActionNamed} from './action.ts';
import {approvedPush, type BuildResult, firstPushed, resultOfBuild} from './build-result.ts';
import {orderedOf, plannedPush} from './builder-plan.ts';
import {follow, tolerant} from './follow.ts';
import {lookForLost} from './lost-reply.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {pushLogin} from './push-login.ts';
import {expectedInputs, stillDamaged} from './still-damaged.ts';
import {stateBefore} from './tag-state.ts';
import {tagsChanged} from './tag-writes.ts';
import {tidyKilled} from './tidy-killed.ts';

const pollMs = 1_000;

/** The host answers at once: a start whose response was lost is seen within this. */
const seenWithinMs = 4_000;

/** Builds and pushes the image without CI, once, and follows it to its end. */
export const builderBuild: ActionNamed<'builder.build'> = {
	name: 'builder.build',
	parse: inputParser('builder.build'),
	effect: 'write',
	inputs: {
		image: {required: true, about: 'the image reference'},
		...expectedInputs,
	},
	outcomes: {
		pushed: 'the image was built and pushed',
		failed: 'cloning, building or pushing failed',
		rejected: 'a tag is not as it was approved, or could not be read; nothing was started',
		'no-program': 'the host has no working docker, podman or buildah',
		'no-space': 'the host has too little room for a build',
		busy: 'another build is running on the host',
		late: 'the build still runs',
		unavailable: 'no fallback build is configured for this image',
		refused: 'the host refused the login, or its key is not the known one',
		unreachable: 'the host does not respond',
	},
	provides: {digest: 'the digest that was pushed, where the program reports it'},
	bare: ['failed', 'rejected', 'no-program', 'no-space', 'busy', 'late', 'unavailable', 'refused', 'unreachable'],
	success: ['pushed'],
	outcomeOf: refusedOrUnreachable,

	async gate({image}, context) {
		const {
			attach,
			ports,
			settings: {fallback},
		} = context;
		if (!ports.builder || !fallback) {
			throw new OperatorError(
				'builder.unconfigured',
				`No fallback build is configured for ${formatReference(image)}.`,
				{
					hint: 'Choose another remedy, or configure images.….fallback.',
					exit: 'configuration',
				},
			);
		}

		return {
			target: ports.builder.place,
			changes: [attach ? {kind: 'follow-build'} : await plannedPush(ports.builder, image, fallback, context)],
			undo: 'None: the tags name the new image. What they named before is broken.',
			phrase: `build ${image.repository}`,
		};
	},

	precondition: (inputs, context) => stillDamaged(inputs.image, inputs, context),

	async run({image}, context) {
		const {ports, settings, attach} = context;
		const {builder} = ports;
		if (!builder || !settings.fallback) {
			return {
				outcome: 'unavailable',
				output: {},
				say: `No fallback build is configured for ${formatReference(image)}.`,
			};
		}

		let detail: JsonObject | undefined;
		if (!attach) {
			const approved = approvedPush(context);
			if (approved?.writes === undefined) {
				return {outcome: 'rejected', output: {}, say: notApproved.message, problem: notApproved};
			}

			const problem = await tagsChanged(image, approved.writes, context);
			if (problem !== undefined) {
				return {outcome: 'rejected', output: {}, say: problem.message, problem};
			}

			const before = await stateBefore(firstPushed(image, context), context);
			const order = await orderOf(image, settings.fallback, approved, context);
			const started = await builder.start(order, context);
			if (started.state !== 'started') {
				return {outcome: started.state, output: {}, say: started.detail};
			}

			detail = {program: started.program, ...before};
			await context.record('started', detail, `The build was started on ${builder.place}, with ${started.program}.`);
		}

		return followBuild(builder, image, context, detail);
	},

	async reconcile({image}, context) {
		const {ports, request, signal} = context;
		const {builder} = ports;
		if (!builder) {
			return {kind: 'unknown', say: 'A fallback build is no longer configured.'};
		}

		const status = await lookForLost(
			async () => {
				const seen = await builder.status(request, {signal});
				return seen.state === 'absent' ? undefined : seen;
			},
			seenWithinMs,
			context,
		);
		if (!status) {
			return {kind: 'not-done', say: 'The host has no build with this request id: it was not started.'};
		}

		if (status.state === 'running') {
			return {kind: 'running', output: {}, say: `The build is under way (${status.stage}).`};
		}

		await tidyKilled(builder, status, context);
		return {kind: 'done', ...(await resultOfBuild(status, image, context))};
	},
};

async function followBuild(
	builder: Builder,
	image: ImageReference,
	context: ActionContext,
	detail: JsonObject | undefined,
): Promise<BuildResult> {
	const {request} = context;
	let stage = 'started';
	const log = openLog(builder, context);
	const status = await follow<BuildStatus>(
		{
			name: `the build on ${builder.place}`,
			pollMs,
			look: () => builder.status(request, context),
			isOver: ({state}) => state !== 'running',
			// The log is read after the status: of a finished build it is complete then.
			async tell(fresh) {
				stage = fresh.state === 'running' ? fresh.stage : stage;
				const read = fresh.state === 'running' ? log.readOn : log.readToEnd;
				await tolerant(`the build on ${builder.place}`, read, context);
				context.progress({label: `${stage} on ${builder.place}`});
			},
		},
		context,
	);

	if (status === undefined || status.state === 'running') {
		return {
			outcome: stillRunning,
			output: {},
			say: `The build still runs on ${builder.place} (${stage}). It goes on there.`,
		};
	}

	await tidyKilled(builder, status, context);
	return resultOfBuild(status, image, context, detail);
}

/** After the end of a build, no more of its log is read than this. */
const mostLogBytes = 64 * 1024 * 1024;

/** The log of the build, read from where the last reading ended. */
function openLog(builder: Builder, context: ActionContext) {
	let from = 0;

	async function readOn(): Promise<boolean> {
		const {text, nextByte} = await builder.log(context.request, from, context);
		const isMore = nextByte > from;
		from = nextByte;
		if (text !== '') {
			context.log(text);
		}

		return isMore;
	}

	return {
		readOn: async () => void (await readOn()),
		async readToEnd() {
			const begun = from;
			while (await readOn()) {
				if (from - begun > mostLogBytes) {
					context.log(`[not read: the log on ${builder.place} goes on after byte ${from}]`);
					return;
				}
			}
		},
	};
}

/** A gate of version 0.1 did not say what the tags were. */
const notApproved: Problem = {
	code: 'build.tag-changed',
	message: 'It is not known which tags were approved.',
	hint: 'Nothing was started. Choose the build again: its gate shows them.',
};

type Approved = Pick<Extract<Change, {kind: 'build-and-push'}>, 'images' | 'bases'>;

async function orderOf(
	image: ImageReference,
	build: FallbackBuild,
	{images, bases = []}: Approved,
	{settings, ports, request}: ActionContext,
): Promise<BuildOrder> {
	const {git, branch, context, dockerfile, platforms = [], args} = build;
	return {
		requestId: request,
		git,
		context,
		dockerfile,
		images,
		platforms,
		args,
		bases: bases.map(({name}) => name),
		...orderedOf(build),
		plainHttp: settings.plainHttp || isLoopback(image.host),
		...defined({branch, credentials: await pushLogin(image, ports.secrets)}),
	};
}
