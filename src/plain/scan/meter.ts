import {usualColumns} from '../../domain/text/wrap.ts';
import {cutMiddle} from '../layout/fit.ts';
import {eraseLine} from '../layout/status-line.ts';

export type Metered = {label: string; done: number; total?: number};

/** One line of a terminal that is written over and over, and taken away at the end. */
export type Meter = {show(progress: Metered): void; clear(): void};

const everyMs = 100;
/** Before that a rate is a guess. */
const rateAfterMs = 500;

/** @param now milliseconds that never go back */
export function createMeter({
	write,
	now,
	columns = usualColumns,
}: {
	write(text: string): void;
	now(): number;
	columns?: number;
}): Meter {
	let shownAt = Number.NEGATIVE_INFINITY;
	let label: string | undefined;
	let startedAt = 0;
	let startedWith = 0;

	return {
		show(progress) {
			const time = now();
			if (progress.label !== label) {
				label = progress.label;
				startedAt = time;
				startedWith = progress.done;
				shownAt = Number.NEGATIVE_INFINITY;
			}

			if (time - shownAt >= everyMs) {
				shownAt = time;
				write(`${eraseLine}${cutMiddle(line(progress, time), columns - 1)}`);
			}
		},
		clear() {
			if (label !== undefined) {
				label = undefined;
				write(eraseLine);
			}
		},
	};

	function line({label: what, done, total}: Metered, time: number): string {
		const elapsed = time - startedAt;
		const rate = Math.round(((done - startedWith) * 1000) / elapsed);
		return [
			`${what}: ${done}${total === undefined ? '' : ` of ${total}`}`,
			...(elapsed >= rateAfterMs ? [`${rate} a second`] : []),
		].join(', ');
	}
}
