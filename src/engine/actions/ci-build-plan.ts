import type {Change} from '../../domain/incident/change.ts';
import {cancelledBy} from '../../domain/pipeline/restartable.ts';
import {sayTime} from '../../domain/text/time.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';

/** Beyond the time limit of its repository a pipeline only seems to run: its agent died. */
const graceMs = 10 * 60_000;

/**
 * One that somebody has started is followed: it builds the same. Else one is started; a repository may be set so that this cancels
 * every other manual pipeline.
 */
export async function plannedBuild(
	ci: Ci,
	order: {repository: string; branch: string},
	image: string,
	context: ActionContext,
): Promise<Change> {
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
