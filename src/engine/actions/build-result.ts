import {causeOfFailure, lastStage, plainLog} from '../../domain/build/build-failure.ts';
import {defined} from '../../domain/defined.ts';
import {type ImageReference, parseReference} from '../../domain/image/reference.ts';
import type {Change} from '../../domain/incident/change.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import type {JsonObject} from '../../domain/json.ts';
import type {BaseDigest, BuildStatus} from '../ports/builder.ts';
import type {ActionContext, ActionResult} from './action.ts';
import {findPush, throwNotKnown} from './tag-state.ts';

export type BuildResult = ActionResult<OutputValues<'builder.build'>>;

/**
 * @param detail what was recorded at its start; absent: from the journal
 * @throws OperatorError effect.unknown: the build may have pushed, and the registry cannot tell
 */
export async function resultOfBuild(
	status: Exclude<BuildStatus, {state: 'running'}>,
	image: ImageReference,
	context: ActionContext,
	detail?: JsonObject,
): Promise<BuildResult> {
	const push = {context, detail};
	switch (status.state) {
		case 'pushed':
			return {
				outcome: 'pushed',
				output: {digest: status.digest ?? null, ...defined({bases: status.bases})},
				say: ['The image was built and pushed.', ...(status.bases ?? []).map(sayBase)].join(' '),
			};
		case 'failed': {
			const log = lastStage(plainLog(status.detail));
			const found = causeOfFailure(status.stage, log);
			const stage = `The build failed at the ${status.stage} stage (exit ${status.exitCode})`;
			const end = {
				say: found === undefined ? `${stage}.` : `${stage}: ${found.cause}.`,
				log: log.split('\n').slice(-shownLines).join('\n'),
				...defined({hint: found?.hint}),
			};
			return status.stage === 'push'
				? afterPush(end, image, push)
				: {outcome: 'failed', output: {}, say: withLog(end, end.hint ?? whatToDo[status.stage])};
		}
		case 'vanished': {
			const say = `The build was killed at the ${status.stage} stage and left no result.`;
			return status.stage === 'push' ? afterPush({say, log: ''}, image, push) : {outcome: 'failed', output: {}, say};
		}
		case 'absent':
			return afterPush({say: 'The host no longer knows this build.', log: ''}, image, push);
	}
}

function sayBase({name, digest}: BaseDigest): string {
	return `${name} was ${digest}.`;
}

/** How a build ended, and the end of its log. */
type BuildEnd = {say: string; log: string; hint?: string};

/** So much of the log is shown; all of it is kept. */
const shownLines = 12;

/** The log comes last: its lines are shown as they are. */
function withLog({say, log}: BuildEnd, sentence: string): string {
	return `${say} ${sentence}${log === '' ? '' : ` The end of its log:\n${log}`}`;
}

/** A build that ended while it pushed may have pushed: only the registry knows. */
async function afterPush(
	end: BuildEnd,
	image: ImageReference,
	{context, detail}: {context: ActionContext; detail: JsonObject | undefined},
): Promise<BuildResult> {
	const found = await findPush(firstPushed(image, context), context, detail);
	switch (found.kind) {
		case 'pushed':
			return {outcome: 'pushed', output: {digest: found.digest}, say: withLog(end, found.say)};
		case 'not-pushed':
			return {outcome: 'failed', output: {}, say: withLog(end, `${found.say} ${end.hint ?? whatToDo.push}`)};
		case 'unknown':
			return throwNotKnown(withLog(end, found.say));
	}
}

/** The tags are pushed in this order: where the first was not, none was. */
export function firstPushed(image: ImageReference, context: ActionContext): ImageReference {
	const [name] = approvedPush(context)?.images ?? [];
	return name === undefined ? image : parseReference(name);
}

/** Nothing else is pushed. */
export function approvedPush({approved}: ActionContext): Extract<Change, {kind: 'build-and-push'}> | undefined {
	return approved.find(change => change.kind === 'build-and-push');
}

const whatToDo = {
	clone: 'Check that this host’s own user can read the repository: run `git ls-remote` with its address there.',
	login: 'Check that this host reaches the registry and that the credentials are accepted: regmedic check.',
	build: 'The log holds the whole output. Fix the build, or choose another remedy.',
	push: 'Check that the registry is not read-only, has space, and lets this user push.',
} as const;
