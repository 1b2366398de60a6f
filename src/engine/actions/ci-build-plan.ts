import type {Change} from '../../domain/incident/change.ts';
import {cancelledBy} from '../../domain/pipeline/restartable.ts';
import {sayTime} from '../../domain/text/time.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';

type Ordered = {repository: string; branch: string};

/** Beyond the time limit of its repository a pipeline only seems to run: its agent died. */
const graceMs = 10 * 60_000;

/**
 * One that somebody has started is followed: it builds the same. Else one is started; a repository may be set so that this cancels
 * every other manual pipeline.
 */
export async function plannedBuild(ci: Ci, order: Ordered, image: string, context: ActionContext): Promise<Change> {
	const {repository, branch} = order;
	const {cancels, timeoutMs} = await ci.ready(order, context);
	const oldest = context.ports.clock.now().getTime() - timeoutMs - graceMs;
	const live = (await ci.live(repository, context)).filter(({event}) => event === 'manual');
	const same = live.find(pipeline => pipeline.branch === branch && Date.parse(pipeline.created) > oldest);
	if (same) {
		const {number, author, created} = same;
		return {kind: 'follow-pipeline', number, startedBy: `${author}, ${sayTime(created)}`};
	}

	const cancelled = cancelledBy({event: 'manual', branch, refspec: ''}, live, cancels);
	return {
		kind: 'start-pipeline',
		repository,
		branch,
		image,
		...(cancelled.length === 0
			? {}
			: {cancels: cancelled.map(each => `${each.number} (${each.branch}, started by ${each.author})`)}),
	};
}

/** What was approved, as the CI is right before the order: exactly that is done, and no more. */
type Settled =
	| {kind: 'start'}
	| {kind: 'follow'; number: number}
	/** It would cancel a pipeline that the gate did not show. */
	| {kind: 'changed'; detail: string; hint: string};

export async function settleBuild(ci: Ci, order: Ordered, image: string, context: ActionContext): Promise<Settled> {
	const shown = context.approved.find(({kind}) => kind === 'follow-pipeline' || kind === 'start-pipeline');
	if (shown?.kind === 'follow-pipeline') {
		return {kind: 'follow', number: shown.number};
	}

	if (shown?.kind !== 'start-pipeline') {
		return {kind: 'start'};
	}

	const now = await plannedBuild(ci, order, image, context);
	if (now.kind === 'follow-pipeline') {
		return {kind: 'follow', number: now.number};
	}

	const told = shown.cancels ?? [];
	const untold = now.kind === 'start-pipeline' ? now.cancels?.find(each => !told.includes(each)) : undefined;
	return untold === undefined
		? {kind: 'start'}
		: {
				kind: 'changed',
				detail: `A pipeline would now cancel pipeline ${untold}, which the gate did not show.`,
				hint: 'Choose the build again: its gate shows what is there now.',
			};
}
