import type {Clock} from '../ports/clock.ts';
import type {Waiting} from '../ports/waiting.ts';

const looks = 3;
const pauseMs = 2_000;

/** A request whose reply was lost may still be on its way: its effect is looked for some times before it is given up. */
export async function lookForLate<T>(
	look: () => Promise<T | undefined>,
	clock: Clock,
	waiting: Waiting,
): Promise<T | undefined> {
	for (let number = 0; number < looks; number++) {
		if (number > 0) {
			await clock.sleep(pauseMs, waiting);
		}

		const found = await look();
		if (found !== undefined) {
			return found;
		}
	}

	return undefined;
}
