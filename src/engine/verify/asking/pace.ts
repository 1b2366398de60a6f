import {OperatorError} from '../../../domain/errors.ts';
import type {Waiting} from '../../ports/waiting.ts';
import {createLimit} from './limit.ts';

const usualFirst = 6;
const usualMost = 32;
/** Places at the head of the queue that are let be before the queue is moved up. */
const mostSpent = 1024;

/** How many requests are under way at a time, whoever makes them. */
export type Pace = {
	/** Starts the work when there is room for it, in the order of asking. */
	run<T>(work: () => Promise<T>): Promise<T>;
	/** Places there are now. */
	limit(): number;
	underWay(): number;
};

export type PaceOptions = Waiting & {
	/** Counts the answers that asked to be left alone: `registry.busy`. */
	busy: () => number;
	first?: number;
	most?: number;
	/** Milliseconds that never go back. */
	now?: () => number;
};

type Waiter = {start: () => void; reject: (reason: unknown) => void};

/** Follows what the registry bears. An abort lets go of everything that has not started. */
export function createPace({signal, busy, first = usualFirst, most = usualMost, now}: PaceOptions): Pace {
	const time = now ?? (() => performance.now());
	const limit = createLimit({first, most});
	// A queue with a moving head: shifting a long array would cost as much as its length.
	let waiting: Waiter[] = [];
	let head = 0;
	let underWay = 0;
	let busySeen = busy();

	function letIn(): void {
		while (head < waiting.length && underWay < limit.current()) {
			const next = waiting[head++]!;
			underWay++;
			next.start();
		}

		if (head === waiting.length && head > 0) {
			waiting = [];
			head = 0;
			signal.removeEventListener('abort', letGo);
		} else if (head > mostSpent) {
			waiting = waiting.slice(head);
			head = 0;
		}
	}

	function ended(eraOfStart: number, error?: unknown): void {
		const isFull = head < waiting.length;
		const isNew = eraOfStart === limit.era();
		const isBusy = busy() > busySeen;
		busySeen = busy();
		underWay--;

		if (isNew && (isBusy || isTooMuch(error))) {
			limit.cut();
		} else {
			limit.answered(time(), isFull);
		}

		letIn();
	}

	function enter(): Promise<void> {
		signal.throwIfAborted();

		if (underWay < limit.current() && head === waiting.length) {
			underWay++;
			return Promise.resolve();
		}

		if (waiting.length === 0) {
			signal.addEventListener('abort', letGo, {once: true});
		}

		const {promise, resolve, reject} = Promise.withResolvers<void>();
		waiting.push({start: resolve, reject});
		return promise;
	}

	function letGo(): void {
		const left = waiting.slice(head);
		waiting = [];
		head = 0;

		for (const {reject} of left) {
			reject(signal.reason);
		}
	}

	return {
		limit: limit.current,
		underWay: () => underWay,
		async run(work) {
			await enter();
			const era = limit.era();

			try {
				const result = await work();
				ended(era);
				return result;
			} catch (error) {
				ended(era, error);
				throw error;
			}
		},
	};
}

/** What may well come of too many questions at once. */
function isTooMuch(error: unknown): boolean {
	return error instanceof OperatorError && (error.transient || error.exit === 'unreachable');
}
