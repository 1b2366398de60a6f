import type {Waiting} from './waiting.ts';

export type Clock = {
	now(): Date;
	/** Milliseconds that never go back. */
	monotonic(): number;
	/** Rejects with the signal's reason when aborted. */
	sleep(milliseconds: number, waiting: Waiting): Promise<void>;
};
