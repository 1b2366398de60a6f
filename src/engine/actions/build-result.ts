import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference, parseReference} from '../../domain/image/reference.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import type {FallbackBuild} from '../../domain/incident/settings.ts';
import type {BuildStatus} from '../ports/builder.ts';
import {walkImage} from '../verify/walk-image.ts';
import type {ActionContext, ActionResult} from './action.ts';

export type BuildResult = ActionResult<OutputValues<'builder.build'>>;

/** @throws OperatorError effect.unknown: the build may have pushed, and the registry cannot tell */
export async function resultOfBuild(
	status: Exclude<BuildStatus, {state: 'running'}>,
	image: ImageReference,
	context: ActionContext,
): Promise<BuildResult> {
	switch (status.state) {
		case 'pushed':
			return {outcome: 'pushed', output: {digest: status.digest ?? null}, say: 'The image was built and pushed.'};
		case 'failed': {
			const end = {
				say: `The build failed at the ${status.stage} stage (exit ${status.exitCode}).`,
				log: lastStage(status.detail),
			};
			return status.stage === 'push'
				? afterPush(end, image, context)
				: {outcome: 'failed', output: {}, say: withLog(end, whatToDo[status.stage])};
		}
		case 'vanished': {
			const say = `The build was killed at the ${status.stage} stage and left no result.`;
			return status.stage === 'push' ? afterPush({say, log: ''}, image, context) : {outcome: 'failed', output: {}, say};
		}
		case 'absent':
			return afterPush({say: 'The host no longer knows this build.', log: ''}, image, context);
	}
}

/** How a build ended, and the end of its log. */
type BuildEnd = {say: string; log: string};

/** The log comes last: its lines are shown as they are. */
function withLog({say, log}: BuildEnd, sentence: string): string {
	return `${say} ${sentence}${log === '' ? '' : ` The end of its log:\n${log}`}`;
}

/** A build that ended while it pushed may have pushed: only the registry knows. */
async function afterPush(
	end: BuildEnd,
	image: ImageReference,
	{ports, settings, signal, log}: ActionContext,
): Promise<BuildResult> {
	const [name = formatReference(image)] = settings.fallback === undefined ? [] : imagesOf(image, settings.fallback);
	const registry = ports.registry.fresh();
	try {
		const {platforms} = settings;
		const {
			verdict,
			digest = null,
			unchecked,
		} = await walkImage(registry, parseReference(name), {depth: 'edge', platforms, signal});
		log(`${name} is ${verdict} after that.`);
		switch (verdict) {
			case 'intact':
				return {
					outcome: 'pushed',
					output: {digest},
					say: withLog(end, `It had pushed by then: ${name} is ${digest}, and every part of it is there.`),
				};
			case 'broken':
				return {
					outcome: 'failed',
					output: {},
					say: withLog(end, `It has not pushed ${name}, which is still broken. ${whatToDo.push}`),
				};
			case 'unknown':
				throw notKnown(end, name, unchecked[0]?.message ?? 'The registry did not answer for all parts.');
		}
	} catch (error) {
		signal.throwIfAborted();
		const known = asOperatorError(error);
		if (known.code === 'image.absent') {
			return {
				outcome: 'failed',
				output: {},
				say: withLog(end, `It has not pushed ${name}, which the registry does not have. ${whatToDo.push}`),
			};
		}

		throw known.code === 'effect.unknown' ? known : notKnown(end, name, known.message);
	} finally {
		await registry.close();
	}
}

function notKnown(end: BuildEnd, name: string, why: string): OperatorError {
	const sentence = `Whether it had pushed ${name} by then is not known: ${why}`;
	return new OperatorError('effect.unknown', withLog(end, sentence), {
		hint: 'Look again when the registry responds. Build once more only if it has not the new image.',
		exit: 'indeterminate',
	});
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

/** The tag that is broken is always among those that are pushed. */
export function imagesOf({host, repository, tag}: ImageReference, {tags}: FallbackBuild): string[] {
	const all = new Set([...(tag === undefined ? [] : [tag]), ...tags]);
	return [...all].map(each => formatReference({host, repository, tag: each}));
}
