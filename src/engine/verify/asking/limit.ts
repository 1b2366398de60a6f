/** A window ends after so many answers for each place there is. */
const answersPerPlace = 4;
const step = 2;
/** More places must bring at least this share of what they would bring if nothing stood in each other's way. */
const worthwhile = 0.25;
/** After a growth that brought nothing, so many windows pass before the next is tried. */
const holdWindows = 16;

export type Limit = {
	current(): number;
	/** Goes up with every cut: what was asked before a cut says nothing about the time after it. */
	era(): number;
	/**
	 * @param at milliseconds
	 * @param isFull whether others were waiting for the place
	 */
	answered(at: number, isFull: boolean): void;
	/** The other side has too much of it. */
	cut(): void;
};

/**
 * Decides how many may be under way: more while that brings more answers in the same time, half when there are too many.
 * When only each answer takes longer, the other side is at its limit, and we stay where we were.
 */
export function createLimit({first, most}: {first: number; most: number}): Limit {
	let current = Math.max(1, Math.min(first, most));
	let era = 0;
	let hold = 0;
	let before: {limit: number; rate: number} | undefined;
	/** Answers to what was asked under the limit before. */
	let settling = 0;
	let start: number | undefined;
	let answers = 0;

	function begin(limit: number): void {
		current = limit;
		settling = limit;
		start = undefined;
		answers = 0;
	}

	function judge(rate: number): void {
		if (before !== undefined && rate < before.rate * (1 + worthwhile * (current / before.limit - 1))) {
			hold = holdWindows;
			begin(before.limit);
			before = undefined;
			return;
		}

		if (hold > 0 || current === most) {
			hold = Math.max(0, hold - 1);
			before = undefined;
			begin(current);
			return;
		}

		before = {limit: current, rate};
		begin(Math.min(most, current + step));
	}

	return {
		current: () => current,
		era: () => era,
		answered(at, isFull) {
			// Where nobody waits for a place, the number of places is not what decides.
			if (!isFull) {
				begin(current);
				return;
			}

			if (settling > 0) {
				settling--;
				start = at;
				return;
			}

			start ??= at;
			answers++;

			if (answers >= answersPerPlace * current) {
				judge(answers / (at - start));
			}
		},
		cut() {
			era++;
			before = undefined;
			hold = 0;
			begin(Math.max(1, Math.floor(current / 2)));
		},
	};
}
