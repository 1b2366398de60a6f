import {setTimeout as pause} from 'node:timers/promises';
import {abortable} from '../../domain/abortable.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';

type Ask<Key, Value> = (keys: readonly Key[], waiting: Waiting) => Promise<Map<Key, Value>>;
type Batch<Key, Value> = {keys: Set<Key>; waiting: number; stop: AbortController; found: Promise<Map<Key, Value>>};

/** Items of a plan that run at once ask some milliseconds apart: their events are journaled one after the other. */
const gatherMs = 8;
/** One alone would hold up by its whole time an item that asks a moment after the others. */
const atOnce = 3;

/**
 * A few commands at a time; what is asked while they run, or a moment before one begins, is asked together by the next. A plan of 3,000
 * images rechecks the parts of each: that would be 3,000 commands, a fork of this process or an SSH channel each.
 */
export function askTogether<Key, Value>(ask: Ask<Key, Value>): Ask<Key, Value> {
	let underWay = 0;
	const wakes: (() => void)[] = [];
	let open: Batch<Key, Value> | undefined;

	function openBatch(): Batch<Key, Value> {
		const stop = new AbortController();
		const keys = new Set<Key>();
		const batch = {keys, waiting: 0, stop, found: begin()};
		return batch;

		async function begin(): Promise<Map<Key, Value>> {
			await pause(gatherMs);
			await free();
			close(batch);
			stop.signal.throwIfAborted();
			underWay++;
			return ask([...keys], {signal: stop.signal}).finally(() => {
				underWay--;
				for (const wake of wakes.splice(0)) {
					wake();
				}
			});
		}
	}

	/** Only the open batch waits for it, and those that nobody waits for any more. */
	async function free(): Promise<void> {
		while (underWay >= atOnce) {
			await new Promise<void>(resolve => wakes.push(resolve));
		}
	}

	/** Nobody else joins it. */
	function close(batch: Batch<Key, Value>): void {
		open = open === batch ? undefined : open;
	}

	return async (keys, {signal}) => {
		signal.throwIfAborted();
		open ??= openBatch();
		const batch = open;
		batch.waiting++;
		for (const key of keys) {
			batch.keys.add(key);
		}

		try {
			const found = await abortable(batch.found, signal);
			return new Map(keys.flatMap(key => (found.has(key) ? [[key, found.get(key)!]] : [])));
		} finally {
			batch.waiting--;
			// Nobody waits for it any more: a command that hangs must not hold up the next.
			if (batch.waiting === 0) {
				close(batch);
				batch.stop.abort(new Error('Nobody waits for it any more.'));
			}
		}
	};
}
