import {OperatorError} from '../../domain/errors.ts';
import type {Change} from '../../domain/incident/change.ts';
import {isOver, type Pipeline} from '../../domain/pipeline/pipeline.ts';
import {cancelledBy, restartObstacle, sayEvent} from '../../domain/pipeline/restartable.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';

export type PickedRun = {repository: string; number: number};

type Obstacle = {detail: string; hint: string};
/** What a restart would do now, or why it is left. */
type Weighed = {obstacle: Obstacle} | {obstacle?: never; old: Pipeline; cancels: Pipeline[]};

/** What the gate says of one: it reads what a restart would do now. */
export async function plannedRestart(ci: Ci, {repository, number}: PickedRun, context: ActionContext): Promise<Change> {
	const weighed = await weighRestart(ci, {repository, number}, context);
	if (weighed.obstacle) {
		return {kind: 'leave-pipeline', repository, number, why: weighed.obstacle.detail};
	}

	const {old, cancels} = weighed;
	return {
		kind: 'restart-pipeline',
		repository,
		number,
		event: sayEvent(old),
		...(cancels.length === 0
			? {}
			: {cancels: cancels.map(each => `${each.number} (${sayEvent(each)}, by ${each.author})`)}),
	};
}

/** What cannot be looked at is left; the others are still restarted. @throws OperatorError ci.unreachable */
export async function weighRestart(ci: Ci, picked: PickedRun, context: ActionContext): Promise<Weighed> {
	try {
		return await weigh(ci, picked, context);
	} catch (error) {
		if (error instanceof OperatorError && error.exit !== 'unreachable') {
			return {obstacle: {detail: error.message, hint: error.hint}};
		}

		throw error;
	}
}

async function weigh(ci: Ci, {repository, number}: PickedRun, context: ActionContext): Promise<Weighed> {
	// A bad token reads as a guest: it would be refused only after the approval.
	const {cancels: events} = await ci.access(repository, context);
	const old = await ci.pipeline(repository, number, context);
	// The server's times are whole seconds, and its filter leaves out the second that is given.
	const before = new Date(Date.parse(old.created) - 1_000).toISOString();
	const all = await ci.since(repository, before, context);
	const live = await ci.live(repository, context);
	const known = [...new Map([...live, ...all].map(pipeline => [pipeline.number, pipeline])).values()];
	const obstacle = restartObstacle(old, known, events);
	return obstacle
		? {obstacle}
		: {
				old,
				cancels: cancelledBy(
					old,
					known.filter(each => !isOver(each)),
					events,
				),
			};
}
