import type {StoredStep} from './pipeline-store.ts';
import type {StepProgress, View} from './step-progress.ts';

/**
 * The log lines of a step that the server has. Its agent sends them in batches, from a queue of its own: what was printed since
 * the last batch is not there yet, also when the step has ended.
 */
export function linesOf(step: StoredStep, progress: StepProgress, {now, lagMs}: View): string[] {
	const {status, started = step.starts, finished} = progress;
	if (
		['pending', 'skipped', 'canceled', 'blocked', 'declined'].includes(status) ||
		(progress.error !== undefined && status === 'failure')
	) {
		return [];
	}

	const printedUntil = status === 'killed' ? (finished ?? now) : now;
	return step.log.filter(({at}) => at <= printedUntil && sentAt(at, started, lagMs) <= now).map(({text}) => text);
}

function sentAt(at: number, started: number, lagMs: number): number {
	return started + (Math.floor((at - started) / lagMs) + 1) * lagMs;
}
