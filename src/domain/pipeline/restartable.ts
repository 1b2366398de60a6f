import type {Pipeline} from './pipeline.ts';

/**
 * The runs of which only the newest counts: of a push those of its branch, of a pull request those of its branches, of a tag and a
 * deployment those of the same ref and target.
 */
function lineOf({event, branch, ref, refspec, deployTo}: Pipeline): string {
	switch (event) {
		case 'push':
		case 'manual':
		case 'cron':
			return `${event} ${branch}`;
		case 'pull_request':
		case 'pull_request_closed':
		case 'pull_request_metadata':
			return `pull_request ${refspec || ref}`;
		default:
			return `${event} ${ref || branch} ${deployTo}`;
	}
}

/** The newest of each line, where it failed. What regmedic started is none of them. Newest first. */
export function failedLines(all: readonly Pipeline[]): Pipeline[] {
	const newest = new Map<string, Pipeline>();
	for (const pipeline of all) {
		const line = lineOf(pipeline);
		if (pipeline.number > (newest.get(line)?.number ?? 0)) {
			newest.set(line, pipeline);
		}
	}

	return [...newest.values()]
		.filter(pipeline => mayHaveFailed(pipeline) && pipeline.requestId === undefined)
		.sort((a, b) => b.number - a.number);
}

/** Ended badly, as far as a list tells. One that a person or a newer pipeline cancelled has not failed. */
function mayHaveFailed({status, cancelled}: Pipeline): boolean {
	return status === 'failure' || status === 'error' || (status === 'killed' && cancelled === undefined);
}

/** A restart of these would change something outside: never by default. */
export function needsOwnTick({event}: Pick<Pipeline, 'event'>): boolean {
	return event === 'deployment' || event === 'tag' || event === 'release';
}

/**
 * The pipelines that a new one cancels. @see woodpecker server/pipeline/cancel.go, cancelPreviousPipelines
 * @param cancels `cancel_previous_pipeline_events` of the repository
 */
export function cancelledBy(
	started: Pick<Pipeline, 'event' | 'branch' | 'refspec'>,
	live: readonly Pipeline[],
	cancels: readonly string[],
): Pipeline[] {
	return cancels.includes(started.event)
		? live.filter(
				({event, branch, refspec}) =>
					event === started.event &&
					(started.event === 'push'
						? branch === started.branch
						: started.event === 'pull_request'
							? refspec === started.refspec
							: true),
			)
		: [];
}

/**
 * Why a restart would do harm. Undefined: it would not.
 * @param all what the repository has, at least everything newer
 */
export function restartObstacle(
	old: Pipeline,
	all: readonly Pipeline[],
	cancels: readonly string[],
): {detail: string; hint: string} | undefined {
	const line = lineOf(old);
	const newer = all
		.filter(other => other.number > old.number && lineOf(other) === line)
		.sort((a, b) => b.number - a.number)[0];
	if (newer) {
		return {
			detail: `Pipeline ${newer.number} is newer than ${old.number} and of the same ${sayLine(old)} (${newer.status}).`,
			hint: 'Only the newest is worth a restart.',
		};
	}

	const live = all.filter(({state}) => state === 'waiting' || state === 'running');
	const harmed = cancelledBy(old, live, cancels).find(({number}) => number > old.number);
	return (
		harmed && {
			detail: `A restart of pipeline ${old.number} would cancel the newer pipeline ${harmed.number}.`,
			hint: `Restart it when ${harmed.number} has ended.`,
		}
	);
}

function sayLine({event}: Pipeline): string {
	return event === 'push' || event === 'manual' || event === 'cron' ? 'branch' : event.replaceAll('_', ' ');
}

/** `deployment of v1.2.0 to production`, `tag v1.2.0`, `push to main` */
export function sayEvent({event, branch, ref, refspec, deployTo}: Pipeline): string {
	const name = ref.replace(/^refs\/(?:tags|heads)\//, '') || branch;
	switch (event) {
		case 'deployment':
			return `deployment of ${name} to ${deployTo || 'an unnamed target'}`;
		case 'push':
			return `push to ${branch}`;
		case 'pull_request':
			return `pull request ${refspec || name}`;
		default:
			return `${event} ${name}`;
	}
}
