import {usualColumns} from '../../domain/text/wrap.ts';
import {cutMiddle} from './fit.ts';

type StatusLine = {
	/** Takes the line away before something else is written there; it comes back when it is next drawn. */
	makeWay(): void;
	/** Takes the line away for good. */
	clear(): void;
};

/** Where progress is shown: a line is drawn over only on a terminal. */
export type ProgressTerminal = {
	terminal: {isTTY?: boolean; columns?: number} | undefined;
	talk(text: string): void;
	/** Milliseconds that never go back. */
	monotonic(): number;
};

const everyMs = 250;
const eraseLine = '\r\u001B[K';

/**
 * One line at the end of a terminal that is drawn over and over, so that a person sees that work goes on. Work that ends
 * within a quarter of a second shows nothing.
 * @param text is given the width; what is wider loses its middle
 */
export function showStatusLine(
	terminal: ProgressTerminal['terminal'],
	talk: (text: string) => void,
	text: (columns: number) => string,
): StatusLine {
	if (terminal?.isTTY !== true) {
		return {makeWay() {}, clear() {}};
	}

	let isDrawn = false;
	const timer = setInterval(() => {
		// A line that fills the last column would wrap, and could not be erased.
		const columns = (terminal.columns || usualColumns) - 1;
		const line = text(columns);
		if (line !== '' || isDrawn) {
			isDrawn = line !== '';
			talk(`${eraseLine}${cutMiddle(line, columns)}`);
		}
	}, everyMs);

	function makeWay(): void {
		if (isDrawn) {
			talk(eraseLine);
			isDrawn = false;
		}
	}

	return {
		makeWay,
		clear() {
			clearInterval(timer);
			makeWay();
		},
	};
}
