import {OperatorError} from '../../domain/errors.ts';
import {isLoopback, parseReference} from '../../domain/image/reference.ts';
import {stillRunning} from '../../domain/incident/incident.ts';
import {isObject, type JsonObject} from '../../domain/json.ts';
import type {Builder, BuildOrder, BuildStatus} from '../ports/builder.ts';
import type {Action, ActionContext, ActionResult, Reconciliation} from './action.ts';
import {createLastingLook} from './lasting-look.ts';
import {storageOutcome} from './outcomes.ts';

const pollMs = 1_000;
const patience = 0.9;

/** Builds and pushes the image without CI, once, and follows it to its end. */
export const builderBuild: Action = {
	name: 'builder.build',
	effect: 'write',
	inputs: {image: {required: true, about: 'the image reference'}},
	outcomes: {
		pushed: 'the image was built and pushed',
		failed: 'cloning, building or pushing failed',
		'no-program': 'the host has no docker, podman or buildah that works',
		'no-space': 'the host has too little room for a build',
		busy: 'another build holds the host',
		late: 'the build still runs',
		unavailable: 'no fallback build is configured for this image',
		refused: 'the host refuses us',
		unreachable: 'the host does not answer',
	},
	provides: {digest: 'what was pushed, where the program tells'},
	bare: ['failed', 'no-program', 'no-space', 'busy', 'late', 'unavailable', 'refused', 'unreachable'],
	success: ['pushed'],
	outcomeOf: storageOutcome,

	async gate({image}, context) {
		const {attach, ports} = context;
		if (!ports.builder || !isObject(context.settings.build)) {
			throw new OperatorError('builder.unconfigured', `No fallback build is configured for ${image}.`, {
				hint: 'Choose another remedy, or configure images.….fallback.',
				exit: 'configuration',
			});
		}

		const {git, context: folder, dockerfile, images} = await orderOf(image, context);
		return {
			target: ports.builder.place,
			changes: attach
				? ['goes on following the build that was begun; starts nothing']
				: [`clones ${git}`, `builds ${folder} with ${dockerfile}`, ...images.map(name => `pushes ${name}`)],
			undo: 'None: the tags name the new image. What they named before is broken.',
			phrase: `build ${parseReference(String(image)).repository}`,
		};
	},

	async run({image}, context) {
		const {builder} = context.ports;
		if (!builder) {
			return {outcome: 'unavailable', output: {}, say: `No fallback build is configured for ${image}.`};
		}

		if (!context.attach) {
			const started = await builder.start(await orderOf(image, context), context);
			if (started.state !== 'started') {
				return {outcome: started.state, output: {}, say: started.detail};
			}

			await context.record(
				'started',
				{program: started.program},
				`The build began on ${builder.place}, with ${started.program}.`,
			);
		}

		return follow(builder, context);
	},

	async reconcile(_inputs, {ports, request, signal}): Promise<Reconciliation> {
		const status = await ports.builder?.status(request, {signal});
		if (!status) {
			return {found: 'unknown', say: 'No fallback host is configured any more.'};
		}

		if (status.state === 'absent') {
			return {found: 'not-done', say: 'The host knows nothing of this build: it did not begin.'};
		}

		return status.state === 'running'
			? {found: 'running', output: {}, say: `The build is under way (${status.stage}).`}
			: {found: 'done', ...resultOf(status)};
	},
};

async function follow(builder: Builder, context: ActionContext): Promise<ActionResult> {
	const {clock} = context.ports;
	const givenUp = clock.monotonic() + context.timeoutMs * patience;
	const look = createLastingLook(`The build on ${builder.place}`, context);
	let stage: string = 'begun';
	let from = 0;

	for (;;) {
		// The state is asked before the log: what the log lacks of a finished build is then read below.
		const status = await look(() => builder.status(context.request, context));
		if (status) {
			from = await readLog(builder, from, context);
		}

		if (status && status.state !== 'running') {
			return resultOf(status);
		}

		stage = status?.stage ?? stage;
		context.progress({label: `${stage} on ${builder.place}`});
		if (clock.monotonic() > givenUp) {
			return {
				outcome: stillRunning,
				output: {},
				say: `The build still runs on ${builder.place} (${stage}). It goes on there.`,
			};
		}

		await clock.sleep(pollMs, context);
	}
}

/** A log that cannot be read says nothing of the build. @returns where to go on */
async function readLog(builder: Builder, from: number, context: ActionContext): Promise<number> {
	try {
		const {text, nextByte} = await builder.log(context.request, from, context);
		if (text !== '') {
			context.log(text);
		}

		return nextByte;
	} catch (error) {
		context.signal.throwIfAborted();
		if (!(error instanceof OperatorError)) {
			throw error;
		}

		context.log(`The build's log cannot be read: ${error.message}`);
		return from;
	}
}

function resultOf(status: Exclude<BuildStatus, {state: 'running'}>): ActionResult {
	switch (status.state) {
		case 'pushed':
			return {outcome: 'pushed', output: {digest: status.digest ?? null}, say: 'The image was built and pushed.'};
		case 'failed':
			return {
				outcome: 'failed',
				output: {},
				say: `The build failed while it ${verbs[status.stage]} (exit ${status.exitCode}): ${lastStage(status.detail)}\n${whatToDo[status.stage]}`,
			};
		case 'vanished':
			return {outcome: 'failed', output: {}, say: 'The build was ended from outside and left no result.'};
		case 'absent':
			return {outcome: 'failed', output: {}, say: 'The host does not know this build any more.'};
	}
}

/** The log holds what went well before. */
function lastStage(detail: string): string {
	return detail.replace(/^(?:.*\n)*==> \w+(?:\n|$)/, '');
}

const whatToDo = {
	clone: 'See that this host’s own user can read the repository: `git ls-remote` with its address, there.',
	login: 'See that this host reaches the registry, and that it takes the credentials: regmedic check.',
	build: 'The whole of it is in the log. Correct the build, or choose another remedy.',
	push: 'See that the registry is not read-only, has room, and lets this user push.',
} as const;

const verbs = {clone: 'cloned', login: 'logged in', build: 'built', push: 'pushed'} as const;

async function orderOf(
	image: JsonObject[string] | undefined,
	{settings, ports, request}: ActionContext,
): Promise<BuildOrder> {
	const reference = parseReference(String(image));
	const build = isObject(settings.build) ? settings.build : {};
	const credentials = await ports.secrets.registry(reference.host);
	const environment = isObject(build.environment) ? build.environment : {};
	return {
		requestId: request,
		git: String(build.git),
		...(typeof build.branch === 'string' ? {branch: build.branch} : {}),
		context: String(build.context ?? '.'),
		dockerfile: String(build.dockerfile ?? 'Dockerfile'),
		images: tagsOf(build.tags, reference.tag).map(tag => `${reference.host}/${reference.repository}:${tag}`),
		program: (build.builder ?? 'auto') as BuildOrder['program'],
		...(credentials === undefined ? {} : {credentials}),
		plainHttp: settings.plainHttp === true || isLoopback(reference.host),
		environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)])),
	};
}

/** The tag that is broken is always among those that are pushed. */
function tagsOf(configured: JsonObject[string] | undefined, tag: string | undefined): string[] {
	const tags = Array.isArray(configured) ? configured.map(String) : [];
	return [...new Set([...(tag === undefined ? [] : [tag]), ...tags])];
}
