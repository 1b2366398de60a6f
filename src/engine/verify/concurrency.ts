import {OperatorError} from '../../domain/errors.ts';
import {createLimiter} from '../bounded-concurrency.ts';
import type {Waiting} from '../ports/waiting.ts';

const usualFirst = 6;
const usualMost = 32;
/** A measurement ends after this many answers for each request that may be under way. */
const answersPerRequest = 4;
const step = 2;
/** More concurrency must bring at least this share of what it would bring if requests did not slow each other down. */
const worthwhile = 0.25;
/** After growth that brought nothing, this many measurements pass before the next attempt. */
const holdMeasurements = 16;

/** Bounds the requests under way to what the registry can bear. */
export type RequestLimiter = {
	/** Makes the request as soon as there is room for it, in the order of the calls. */
	run<T>(request: () => Promise<T>): Promise<T>;
	/** Requests that may be under way now. */
	limit(): number;
	underWay(): number;
};

type RequestLimiterOptions = Waiting & {
	/** How many responses so far said that the registry is overloaded. @see Registry.busy */
	busy: () => number;
	first?: number;
	most?: number;
	/** Milliseconds that never go back. */
	now?: () => number;
};

/** An abort rejects everything that has not started. */
export function createRequestLimiter(options: RequestLimiterOptions): RequestLimiter {
	const {signal, busy, first = usualFirst, most = usualMost, now = () => performance.now()} = options;
	const limit = createLimit({first, most});
	const limiter = createLimiter(limit.current, signal);
	let busySeen = busy();

	function ended(startedIn: number, error?: unknown): void {
		const isNew = startedIn === limit.era();
		const isBusy = busy() > busySeen;
		busySeen = busy();

		if (isNew && (isBusy || mayBeOverload(error))) {
			limit.cut();
		} else {
			limit.answered(now(), limiter.isFull());
		}
	}

	return {
		limit: limit.current,
		underWay: limiter.underWay,
		run: request =>
			limiter.run(async () => {
				const era = limit.era();

				try {
					const result = await request();
					ended(era);
					return result;
				} catch (error) {
					ended(era, error);
					throw error;
				}
			}),
	};
}

function mayBeOverload(error: unknown): boolean {
	return error instanceof OperatorError && (error.transient || error.exit === 'unreachable');
}

type Limit = {
	current(): number;
	/** Increases with every cut: what was requested before a cut says nothing about the time after it. */
	era(): number;
	/**
	 * @param at milliseconds
	 * @param isFull whether more requests were waiting
	 */
	answered(at: number, isFull: boolean): void;
	/** The registry is overloaded. */
	cut(): void;
};

/**
 * Raises the limit as long as that brings more answers in the same time, and halves it on overload. Where each answer only
 * takes longer, the registry is at its limit, and the limit goes back to where it was.
 */
function createLimit({first, most}: {first: number; most: number}): Limit {
	let current = Math.max(1, Math.min(first, most));
	let era = 0;
	let hold = 0;
	let before: {limit: number; rate: number} | undefined;
	/** Answers still to come to requests made under the previous limit. */
	let settling = 0;
	let start: number | undefined;
	let answers = 0;

	function measureAt(limit: number): void {
		current = limit;
		settling = limit;
		start = undefined;
		answers = 0;
	}

	function judge(rate: number): void {
		if (before !== undefined && rate < before.rate * (1 + worthwhile * (current / before.limit - 1))) {
			hold = holdMeasurements;
			measureAt(before.limit);
			before = undefined;
			return;
		}

		if (hold > 0 || current === most) {
			hold = Math.max(0, hold - 1);
			before = undefined;
			measureAt(current);
			return;
		}

		before = {limit: current, rate};
		measureAt(Math.min(most, current + step));
	}

	return {
		current: () => current,
		era: () => era,
		answered(at, isFull) {
			// Where no request waits, the limit is not what decides the rate.
			if (!isFull) {
				measureAt(current);
				return;
			}

			if (settling > 0) {
				settling--;
				start = at;
				return;
			}

			start ??= at;
			answers++;

			if (answers >= answersPerRequest * current) {
				judge(answers / (at - start));
			}
		},
		cut() {
			era++;
			before = undefined;
			hold = 0;
			measureAt(Math.max(1, Math.floor(current / 2)));
		},
	};
}
