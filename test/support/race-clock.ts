import type {Clock} from '../../src/engine/ports/clock.ts';

export type RaceClock = Clock & {
	/** One of those that act has done its work, or failed. */
	done(): void;
	/** Something that happens by itself. */
	after(milliseconds: number, act: () => Promise<unknown>): void;
};

/**
 * A clock for many that act at once: only when all of them wait, time goes on to the next moment at which one wakes up. What they ask
 * of servers takes no time.
 * @param racers how many act
 */
export function createRaceClock(start: number, racers: number, tick: (now: number) => void = () => {}): RaceClock {
	const due: {at: number; wake(): void}[] = [];
	let now = start;
	let busy = racers;

	function goOn(): void {
		if (busy > 0 || due.length === 0) {
			return;
		}

		now = Math.max(now, Math.min(...due.map(({at}) => at)));
		tick(now);
		for (const each of due.filter(({at}) => at <= now)) {
			due.splice(due.indexOf(each), 1);
			busy++;
			each.wake();
		}
	}

	function done(): void {
		busy--;
		goOn();
	}

	return {
		now: () => new Date(now),
		monotonic: () => now,
		async sleep(milliseconds, {signal}) {
			signal.throwIfAborted();
			const {promise, resolve} = Promise.withResolvers<void>();
			due.push({at: now + milliseconds, wake: resolve});
			done();
			await promise;
		},
		done,
		after(milliseconds, act) {
			due.push({at: now + milliseconds, wake: () => void act().finally(done)});
		},
	};
}
