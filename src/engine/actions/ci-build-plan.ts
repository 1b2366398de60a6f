import {defined} from '../../domain/defined.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import type {Change} from '../../domain/incident/change.ts';
import type {TagWrite} from '../../domain/incident/tag-write.ts';
import {isOver, type Pipeline} from '../../domain/pipeline/pipeline.ts';
import {cancelledBy} from '../../domain/pipeline/restartable.ts';
import {sayDuration, sayTime} from '../../domain/text/time.ts';
import type {Ci, PipelineOrder} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';
import {lookAtTags} from './tag-writes.ts';

/** Beyond the time limit of its repository a pipeline only seems to run: its agent died. */
const graceMs = 10 * 60_000;

/** `newest`: the number of the newest pipeline. */
type BuildNow =
	| (Extract<Change, {kind: 'follow-pipeline'}> & {startedBy: string})
	| {kind: 'start'; newest: number; cancels: string[]};

/**
 * One that somebody has started is followed: it builds the same. Else one is started; a repository may be set so that this cancels
 * every other manual pipeline.
 * @param after a manual pipeline with a higher number is followed, too, where it has ended already
 */
async function buildNow(
	ci: Ci,
	{repository, branch}: PipelineOrder,
	context: ActionContext,
	after = Number.POSITIVE_INFINITY,
): Promise<BuildNow> {
	const {cancels, timeoutMs} = await ci.ready({repository, branch}, context);
	// Servers before 3.0 list what runs only among the newest pipelines.
	const oldest = context.ports.clock.now().getTime() - timeoutMs - graceMs;
	const recent = await ci.since(repository, new Date(oldest).toISOString(), context);
	const all = new Map([...(await ci.live(repository, context)), ...recent].map(each => [each.number, each]));
	const known = [...all.values()].sort((a, b) => b.number - a.number);
	const manual = known.filter(({event}) => event === 'manual');
	const same = manual.find(each => each.branch === branch && (each.number > after || mayStillBuild(each, oldest)));
	if (same) {
		return followed(same, recent, context);
	}

	const live = manual.filter(each => !isOver(each));
	const cancelled = cancelledBy({event: 'manual', branch, refspec: ''}, live, cancels);
	return {
		kind: 'start',
		newest: known[0]?.number ?? 0,
		cancels: cancelled.map(each => `${each.number} (${each.branch}, started by ${each.author})`),
	};
}

/** The pipeline of an order before this one that was not seen in its time. */
export async function findLate(ci: Ci, order: PipelineOrder, context: ActionContext): Promise<Pipeline | undefined> {
	for (const requestId of context.again ? [order.requestId, ...(context.earlier ?? [])] : []) {
		const found = await ci.find({...order, requestId}, context);
		if (found) {
			return found;
		}
	}

	return undefined;
}

/** @param recent what was created lately: a push since shows that it builds an older commit */
function followed(
	{number, author, created, branch, commit}: Pipeline,
	recent: readonly Pipeline[],
	{ports}: Pick<ActionContext, 'ports'>,
): Extract<BuildNow, {kind: 'follow-pipeline'}> {
	const newer = recent.find(
		each => each.event === 'push' && each.branch === branch && each.number > number && each.commit !== commit,
	);
	const ago = sayDuration(Math.max(0, ports.clock.now().getTime() - Date.parse(created)));
	return {
		kind: 'follow-pipeline',
		number,
		startedBy: `${author} ${ago} ago (${sayTime(created)})`,
		...defined({commit: commit || undefined, newerCommit: newer?.commit || undefined}),
	};
}

function mayStillBuild(pipeline: Pipeline, oldest: number): boolean {
	const {state, started, created} = pipeline;
	return state === 'waiting' || (!isOver(pipeline) && Date.parse(started ?? created) > oldest);
}

/** What the gate shows. Of the tags that the pipeline is declared to push it tells what they are now, and of no others. */
export async function plannedBuild(
	ci: Ci,
	order: PipelineOrder,
	image: ImageReference,
	context: ActionContext,
): Promise<Change> {
	const {repository, branch} = order;
	const late = await findLate(ci, order, context);
	const now = late ? followed(late, [], context) : await buildNow(ci, order, context);
	if (now.kind === 'follow-pipeline') {
		return now;
	}

	const {cancels, newest} = now;
	const {pushes} = context.settings.pipeline ?? {};
	return {
		kind: 'start-pipeline',
		repository,
		branch,
		image: formatReference(image),
		writes: pushes === undefined ? null : (await lookAtTags(image, pushes, context)).map(({write}) => write),
		after: newest,
		...(context.again && {again: true}),
		...(context.ports.storage === undefined && {unguarded: true}),
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

export async function settleBuild(ci: Ci, order: PipelineOrder, context: ActionContext): Promise<Settled> {
	const shown = context.approved.find(({kind}) => kind === 'follow-pipeline' || kind === 'start-pipeline');
	if (shown?.kind === 'follow-pipeline') {
		return {kind: 'follow', number: shown.number};
	}

	const {after, cancels = [], writes} = shown?.kind === 'start-pipeline' ? shown : {};
	const now = await buildNow(ci, order, context, after);
	if (now.kind === 'follow-pipeline') {
		return {kind: 'follow', number: now.number};
	}

	const untold = now.cancels.find(each => !cancels.includes(each));
	return untold === undefined
		? {kind: 'start', writes: writes ?? []}
		: {
				kind: 'changed',
				detail: `A pipeline would now cancel pipeline ${untold}, which the gate did not show.`,
				hint: 'Choose the build again: its gate shows what is there now.',
			};
}
