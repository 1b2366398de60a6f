import {usualColumns} from '../../domain/text/wrap.ts';
import {cutMiddle} from './fit.ts';

export type StatusLine = {
	/** Takes the line away before somebody else writes there; it comes back when it is due, however often that happens. */
	makeWay(): void;
	/** Takes the line away; nothing is shown after that. */
	clear(): void;
};

const everyMs = 250;
/** Takes away what stands on the line of the cursor. */
export const eraseLine = '\r\u001B[K';

/**
 * One line at the end of a terminal that is drawn over and over while something takes long, so that a person sees it move.
 * What ends within a quarter of a second shows nothing.
 */
export function showStatusLine(
	terminal: {isTTY?: boolean; columns?: number} | undefined,
	talk: (text: string) => void,
	/** Told how much room there is; what is wider loses its middle. */
	text: (columns: number) => string,
): StatusLine {
	if (terminal?.isTTY !== true) {
		return {makeWay() {}, clear() {}};
	}

	let isDrawn = false;
	const timer = setInterval(() => {
		isDrawn = true;
		// A line that fills the last column would wrap, and could not be taken away.
		const columns = (terminal.columns || usualColumns) - 1;
		talk(`${eraseLine}${cutMiddle(text(columns), columns)}`);
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
