/** Who gets how much of the terminal, in lines and columns, borders included. */
export type Arrangement = {
	columns: number;
	rows: number;
	/** 0: the steps are one line, or hidden by a zoom. */
	stepsWidth: number;
	stepLine: boolean;
	mainWidth: number;
	mainHeight: number;
	logHeight: number;
	bodyHeight: number;
};

export type Wanted = {
	columns: number;
	rows: number;
	bannerRows: number;
	log: 'none' | 'beside' | 'much';
	zoomed: 'main' | 'log' | undefined;
};

const roomForSteps = {columns: 72, rows: 14};
const narrowestSteps = 24;
const widestSteps = 36;
/** With its borders: less shows nothing. */
const lowestPane = 4;

export function arrange({columns, rows, bannerRows, log, zoomed}: Wanted): Arrangement {
	const roomy = columns >= roomForSteps.columns && rows >= roomForSteps.rows;
	const stepsWidth = roomy && !zoomed ? clamp(Math.floor(columns * 0.28), narrowestSteps, widestSteps) : 0;
	const stepLine = !roomy && !zoomed;
	// Around the body: the header, the line of the step, what comes next, the keys.
	const bodyHeight = Math.max(lowestPane, rows - bannerRows - 3 - (stepLine ? 1 : 0));
	const share = log === 'much' ? 0.5 : 0.35;
	const both = bodyHeight >= 2 * lowestPane;
	const beside = log === 'none' || zoomed === 'main' || !both ? 0 : Math.floor(bodyHeight * share);
	const logHeight =
		zoomed === 'log' ? bodyHeight : beside === 0 ? 0 : clamp(beside, lowestPane, bodyHeight - lowestPane);
	return {
		columns,
		rows,
		stepsWidth,
		stepLine,
		mainWidth: columns - stepsWidth,
		mainHeight: bodyHeight - logHeight,
		logHeight,
		bodyHeight,
	};
}

export function clamp(value: number, least: number, most: number): number {
	return Math.max(least, Math.min(most, value));
}
