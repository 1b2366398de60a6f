import type {PipelineState, PipelineStep} from '../../engine/ports/ci.ts';

/** The server's own word; any other is possible. @see woodpecker server/model/const.go */
export type Status = string;

const states = new Map<Status, PipelineState | 'skipped'>([
	['created', 'waiting'],
	['pending', 'waiting'],
	['blocked', 'waiting'],
	['running', 'running'],
	['started', 'running'],
	['success', 'succeeded'],
	['failure', 'failed'],
	['error', 'failed'],
	['killed', 'cancelled'],
	['canceled', 'cancelled'],
	['declined', 'cancelled'],
	['skipped', 'skipped'],
]);

/** Set by the server at once, while agents still run the steps. @see woodpecker-ci/woodpecker#2875 #6011 */
const decidedByServer = new Set<Status>(['killed', 'canceled', 'declined', 'error']);
const graceMs = 60_000;

/** A word we do not know is not an end. */
export function isLive(status: Status): boolean {
	const state = states.get(status) ?? 'running';
	return state === 'waiting' || state === 'running';
}

export function stepStateOf(status: Status): PipelineStep['state'] {
	return states.get(status) ?? 'running';
}

/**
 * A pipeline has ended when its status says so and no step is live.
 * @param live whether one of its workflows or steps is
 */
export function stateOf({
	status,
	live,
	endedMsAgo,
}: {
	status: Status;
	live: boolean;
	endedMsAgo: number;
}): PipelineState {
	const state = states.get(status) ?? 'running';
	if (isLive(status)) {
		return state as PipelineState;
	}

	if (live && !(decidedByServer.has(status) && endedMsAgo > graceMs)) {
		return 'running';
	}

	// Nothing of it ran.
	return state === 'skipped' ? 'cancelled' : state;
}
