import {isOver, type Pipeline} from '../../domain/pipeline/pipeline.ts';
import type {Ci} from '../ports/ci.ts';
import type {ActionContext} from './action.ts';
import {follow} from './follow.ts';

const pollMs = 3_000;

type Restarted = {repository: string; as: number};

/** Follows restarted pipelines to their end, or until most of the step's time has passed. @returns those that have ended */
export async function followRestarts(
	ci: Ci,
	restarted: readonly Restarted[],
	context: ActionContext,
): Promise<ReadonlyMap<string, Pipeline>> {
	const ended = new Map<string, Pipeline>();
	if (restarted.length === 0) {
		return ended;
	}

	await follow(
		{
			name: 'the restarted pipelines',
			pollMs,
			async look() {
				for (const {repository, as} of restarted) {
					const name = `${repository} ${as}`;
					const pipeline = ended.get(name) ?? (await ci.pipeline(repository, as, context));
					if (isOver(pipeline) && !ended.has(name)) {
						ended.set(name, pipeline);
						context.log(`pipeline ${as} of ${repository}: ${pipeline.status}`);
					}
				}

				return ended.size;
			},
			isOver: done => done === restarted.length,
			async tell(done) {
				context.progress({label: 'restarted pipelines ended', done, total: restarted.length});
			},
		},
		context,
	);
	return ended;
}
