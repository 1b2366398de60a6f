import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference, isLoopback} from '../../domain/image/reference.ts';
import {stillRunning} from '../../domain/incident/incident.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import type {FallbackBuild} from '../../domain/incident/settings.ts';
import type {Builder, BuildOrder, BuildStatus} from '../ports/builder.ts';
import type {ActionContext, ActionNamed, ActionResult} from './action.ts';
import {follow, lookForLost, tolerant} from './follow.ts';
import {refusedOrUnreachable} from './outcomes.ts';

const pollMs = 1_000;

/** Builds and pushes the image without CI, once, and follows it to its end. */
export const builderBuild: ActionNamed<'builder.build'> = {
	name: 'builder.build',
	parse: inputParser('builder.build'),
	effect: 'write',
	inputs: {image: {required: true, about: 'the image reference'}},
	outcomes: {
		pushed: 'the image was built and pushed',
		failed: 'cloning, building or pushing failed',
		'no-program': 'the host has no working docker, podman or buildah',
		'no-space': 'the host has too little room for a build',
		busy: 'another build is running on the host',
		late: 'the build still runs',
		unavailable: 'no fallback build is configured for this image',
		refused: 'the host refused the login, or its key is not the known one',
		unreachable: 'the host does not respond',
	},
	provides: {digest: 'the digest that was pushed, where the program reports it'},
	bare: ['failed', 'no-program', 'no-space', 'busy', 'late', 'unavailable', 'refused', 'unreachable'],
	success: ['pushed'],
	outcomeOf: refusedOrUnreachable,

	async gate({image}, {attach, ports, settings: {fallback}}) {
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

		const {git, context, dockerfile} = fallback;
		return {
			target: ports.builder.place,
			changes: [
				attach
					? {kind: 'follow-build'}
					: {kind: 'build-and-push', git, context, dockerfile, images: imagesOf(image, fallback)},
			],
			undo: 'None: the tags name the new image. What they named before is broken.',
			phrase: `build ${image.repository}`,
		};
	},

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

		if (!attach) {
			const started = await builder.start(await orderOf(image, settings.fallback, context), context);
			if (started.state !== 'started') {
				return {outcome: started.state, output: {}, say: started.detail};
			}

			await context.record(
				'started',
				{program: started.program},
				`The build was started on ${builder.place}, with ${started.program}.`,
			);
		}

		return followBuild(builder, context);
	},

	async reconcile(_inputs, {ports: {builder, clock}, request, signal}) {
		if (!builder) {
			return {kind: 'unknown', say: 'A fallback build is no longer configured.'};
		}

		const status = await lookForLost(
			async () => {
				const seen = await builder.status(request, {signal});
				return seen.state === 'absent' ? undefined : seen;
			},
			clock,
			{signal},
		);
		if (!status) {
			return {kind: 'not-done', say: 'The host has no build with this request id: it was not started.'};
		}

		return status.state === 'running'
			? {kind: 'running', output: {}, say: `The build is under way (${status.stage}).`}
			: {kind: 'done', ...resultOf(status)};
	},
};

type Result = ActionResult<OutputValues<'builder.build'>>;

async function followBuild(builder: Builder, context: ActionContext): Promise<Result> {
	const {request} = context;
	let stage = 'started';
	let from = 0;
	const status = await follow<BuildStatus>(
		{
			name: `the build on ${builder.place}`,
			pollMs,
			look: () => builder.status(request, context),
			isOver: ({state}) => state !== 'running',
			// The log is read after the status: of a finished build it is complete then.
			async tell(fresh) {
				stage = fresh.state === 'running' ? fresh.stage : stage;
				const readLog = async () => {
					const {text, nextByte} = await builder.log(request, from, context);
					from = nextByte;
					if (text !== '') {
						context.log(text);
					}
				};
				await tolerant(`the build on ${builder.place}`, readLog, context);
				context.progress({label: `${stage} on ${builder.place}`});
			},
		},
		context,
	);

	return status && status.state !== 'running'
		? resultOf(status)
		: {
				outcome: stillRunning,
				output: {},
				say: `The build still runs on ${builder.place} (${stage}). It goes on there.`,
			};
}

function resultOf(status: Exclude<BuildStatus, {state: 'running'}>): Result {
	switch (status.state) {
		case 'pushed':
			return {outcome: 'pushed', output: {digest: status.digest ?? null}, say: 'The image was built and pushed.'};
		case 'failed':
			return {
				outcome: 'failed',
				output: {},
				say: `The build failed at the ${status.stage} stage (exit ${status.exitCode}): ${lastStage(status.detail)}\n${whatToDo[status.stage]}`,
			};
		case 'vanished':
			return {outcome: 'failed', output: {}, say: 'The build was killed and left no result.'};
		case 'absent':
			return {outcome: 'failed', output: {}, say: 'The host no longer knows this build.'};
	}
}

/** The detail also holds the stages that succeeded before. */
function lastStage(detail: string): string {
	return detail.replace(/^(?:.*\n)*==> \w+(?:\n|$)/, '');
}

const whatToDo = {
	clone: 'Check that this host’s own user can read the repository: run `git ls-remote` with its address there.',
	login: 'Check that this host reaches the registry and that the credentials are accepted: regmedic check.',
	build: 'The log holds the whole output. Fix the build, or choose another remedy.',
	push: 'Check that the registry is not read-only, has space, and lets this user push.',
} as const;

async function orderOf(
	image: ImageReference,
	build: FallbackBuild,
	{settings, ports, request}: ActionContext,
): Promise<BuildOrder> {
	const {git, branch, context, dockerfile, builder, environment} = build;
	return {
		requestId: request,
		git,
		context,
		dockerfile,
		images: imagesOf(image, build),
		program: builder,
		plainHttp: settings.plainHttp || isLoopback(image.host),
		environment,
		...defined({branch, credentials: await ports.secrets.registry(image.host)}),
	};
}

/** The tag that is broken is always among those that are pushed. */
function imagesOf({host, repository, tag}: ImageReference, {tags}: FallbackBuild): string[] {
	const all = new Set([...(tag === undefined ? [] : [tag]), ...tags]);
	return [...all].map(each => formatReference({host, repository, tag: each}));
}
