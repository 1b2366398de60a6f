import {once} from 'node:events';

/** A limited number of places; who finds none waits for one. */
export type Seats = {
	/** @returns gives the place back */
	take(signal: AbortSignal): Promise<() => void>;
	/** Waits until some place is given back, or this long. */
	anyLeft(milliseconds: number, signal: AbortSignal): Promise<void>;
};

export function createSeats(count: number): Seats {
	const news = new EventTarget();
	let taken = 0;

	return {
		async take(signal) {
			while (taken >= count) {
				await left(signal);
			}

			taken++;
			let given = false;
			return () => {
				if (!given) {
					given = true;
					taken--;
					news.dispatchEvent(new Event('left'));
				}
			};
		},
		async anyLeft(milliseconds, signal) {
			const enough = AbortSignal.timeout(milliseconds);
			await left(AbortSignal.any([signal, enough])).catch(() => signal.throwIfAborted());
		},
	};

	async function left(signal: AbortSignal): Promise<void> {
		signal.throwIfAborted();
		await once(news, 'left', {signal});
	}
}
