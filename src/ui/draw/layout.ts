import {clamp} from '../clamp.ts';

/** How the terminal is divided, in lines and columns, borders included. */
export type Layout = {
	/** 0: the steps are one line, or hidden by a zoom. */
	stepsWidth: number;
	stepLine: boolean;
	mainWidth: number;
	mainHeight: number;
	logHeight: number;
	bodyHeight: number;
};

export type LayoutOptions = {
	columns: number;
	rows: number;
	bannerRows: number;
	/** `half` while the log is what there is to see. */
	log: 'none' | 'third' | 'half';
	zoomed: 'main' | 'log' | undefined;
};

const roomForSteps = {columns: 72, rows: 14};
const narrowestSteps = 24;
const widestSteps = 36;
/** With its borders: less shows nothing. */
const lowestPane = 4;

export function layOut({columns, rows, bannerRows, log, zoomed}: LayoutOptions): Layout {
	const hasRoom = columns >= roomForSteps.columns && rows >= roomForSteps.rows;
	const stepsWidth = hasRoom && !zoomed ? clamp(Math.floor(columns * 0.28), narrowestSteps, widestSteps) : 0;
	const stepLine = !hasRoom && !zoomed;
	// Around the body: the header, the line of the step, what comes next, the keys.
	const bodyHeight = Math.max(lowestPane, rows - bannerRows - 3 - (stepLine ? 1 : 0));
	const share = log === 'half' ? 0.5 : 0.35;
	const hasBoth = log !== 'none' && zoomed !== 'main' && bodyHeight >= 2 * lowestPane;
	const logHeight =
		zoomed === 'log'
			? bodyHeight
			: hasBoth
				? clamp(Math.floor(bodyHeight * share), lowestPane, bodyHeight - lowestPane)
				: 0;
	return {
		stepsWidth,
		stepLine,
		mainWidth: columns - stepsWidth,
		mainHeight: bodyHeight - logHeight,
		logHeight,
		bodyHeight,
	};
}
