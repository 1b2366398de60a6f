import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import type {Change} from '../../domain/incident/change.ts';
import type {TagWrite} from '../../domain/incident/tag-write.ts';
import {cancelledBy} from '../../domain/pipeline/restartable.ts';
import {sayTime} from '../../domain/text/time.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';
import {lookAtTags} from './tag-writes.ts';

type Ordered = {repository: string; branch: string};

/** Beyond the time limit of its repository a pipeline only seems to run: its agent died. */
const graceMs = 10 * 60_000;

/**
 * One that somebody has started is followed: it builds the same. Else one is started; a repository may be set so that this cancels
 * every other manual pipeline.
 */
async function buildNow(
	ci: Ci,
	order: Ordered,
	context: ActionContext,
): Promise<{kind: 'follow'; number: number; startedBy: string} | {kind: 'start'; cancels: string[]}> {
	const {repository, branch} = order;
	const {cancels, timeoutMs} = await ci.ready(order, context);
	const oldest = context.ports.clock.now().getTime() - timeoutMs - graceMs;
	const live = (await ci.live(repository, context)).filter(({event}) => event === 'manual');
	const same = live.find(pipeline => pipeline.branch === branch && Date.parse(pipeline.created) > oldest);
	if (same) {
		const {number, author, created} = same;
		return {kind: 'follow', number, startedBy: `${author}, ${sayTime(created)}`};
	}

	const cancelled = cancelledBy({event: 'manual', branch, refspec: ''}, live, cancels);
	return {
		kind: 'start',
		cancels: cancelled.map(each => `${each.number} (${each.branch}, started by ${each.author})`),
	};
}

/** What the gate shows. Of the tags that the pipeline is declared to push it tells what they are now, and of no others. */
export async function plannedBuild(
	ci: Ci,
	order: Ordered,
	image: ImageReference,
	context: ActionContext,
): Promise<Change> {
	const {repository, branch} = order;
	const now = await buildNow(ci, order, context);
	if (now.kind === 'follow') {
		return {...now, kind: 'follow-pipeline'};
	}

	const {cancels} = now;
	const {pushes} = context.settings.pipeline ?? {};
	return {
		kind: 'start-pipeline',
		repository,
		branch,
		image: formatReference(image),
		writes: pushes === undefined ? null : (await lookAtTags(image, pushes, context)).map(({write}) => write),
		...(cancels.length > 0 && {cancels}),
	};
}

/** What was approved, as the CI is right before the order: exactly that is done, and no more. */
type Settled =
	/** `writes`: the tags as the gate showed them. */
	| {kind: 'start'; writes: readonly TagWrite[]}
	| {kind: 'follow'; number: number}
	/** It would cancel a pipeline that the gate did not show. */
	| {kind: 'changed'; detail: string; hint: string};

export async function settleBuild(ci: Ci, order: Ordered, context: ActionContext): Promise<Settled> {
	const shown = context.approved.find(({kind}) => kind === 'follow-pipeline' || kind === 'start-pipeline');
	if (shown?.kind === 'follow-pipeline') {
		return {kind: 'follow', number: shown.number};
	}

	if (shown?.kind !== 'start-pipeline') {
		return {kind: 'start', writes: []};
	}

	const now = await buildNow(ci, order, context);
	if (now.kind === 'follow') {
		return now;
	}

	const {cancels = [], writes} = shown;
	const untold = now.cancels.find(each => !cancels.includes(each));
	return untold === undefined
		? {kind: 'start', writes: writes ?? []}
		: {
				kind: 'changed',
				detail: `A pipeline would now cancel pipeline ${untold}, which the gate did not show.`,
				hint: 'Choose the build again: its gate shows what is there now.',
			};
}
