import {clamp} from '../clamp.ts';
import type {DrawContext} from '../screens/screen.ts';
import type {Extent, ScreenState, UpdateContext} from '../state/screen-state.ts';
import {drawBar, drawStatus} from './footer.ts';
import type {Formatter, Row} from './formatter.ts';
import {drawBanner, drawHeader, drawTitle} from './header.ts';
import {drawLogPane} from './log.ts';
import {drawMainPane} from './main-pane.ts';
import {drawPane} from './pane.ts';
import {drawStepLine, drawStepsPane} from './step-list.ts';

type FrameInput = Omit<UpdateContext, keyof Extent> & {
	columns: number;
	rows: number;
	image: string;
	format: Formatter;
	/** Counts up while something runs. */
	spin: number;
};

/** Everything that is drawn, line by line, as wide as the terminal and no higher; and how much of it is in sight. */
export type Frame = {rows: Row[]; extent: Extent};

export function drawFrame(state: ScreenState, input: FrameInput): Frame {
	const {view, situation, columns, rows, format, now, journalFolder, image} = input;
	const {incident} = view;
	const [header, ...below] = drawHeader({incident, image, now, format, width: columns});
	const banner = [...below, ...drawBanner(view.halted, format, columns)].slice(0, Math.max(0, rows - 8));
	const layout = layOut({
		columns,
		rows,
		bannerRows: banner.length,
		log: logShare(state, input),
		zoomed: zoomOf(state),
	});
	const {mainWidth, mainHeight, logHeight, stepsWidth, bodyHeight} = layout;
	const context: DrawContext = {format, width: mainWidth - 4, now, incident, journalFolder};
	const main = drawMainPane(state, situation, context, {width: mainWidth, height: mainHeight});
	const extent = {main: main.extent, logHeight: Math.max(0, logHeight - 2)};

	const tone = incident.drill ? 'rehearsal' : 'real';
	const log = {lines: view.live.lines, log: state.log, focused: state.focus === 'log', width: mainWidth};
	const right = [
		...(mainHeight > 0 ? drawPane(main.pane, tone, format) : []),
		...(logHeight > 0 ? drawPane(drawLogPane({...log, height: logHeight}, format), tone, format) : []),
	];
	const left =
		stepsWidth > 0
			? drawPane(drawStepsPane(incident, {width: stepsWidth, height: bodyHeight}, format), tone, format)
			: [];

	return {
		rows: [
			header!,
			...banner,
			...(layout.stepLine ? [drawStepLine(incident, format, columns)] : []),
			...right.map((row, at) => [...(left[at] ?? []), ...row]),
			drawStatus(state, input),
			drawBar(state, {view, situation, now, journalFolder, ...extent}, format, columns),
		],
		extent,
	};
}

function logShare(state: ScreenState, {situation, view}: FrameInput): LayoutOptions['log'] {
	const asked = state.focus === 'log' || state.logShown === 'yes';
	const running = state.logShown === 'auto' && situation.kind === 'working' && view.live.lines.length > 0;
	return asked || running ? (situation.kind === 'working' ? 'half' : 'third') : 'none';
}

/** A zoomed log never hides a dialog or a page. */
function zoomOf({zoomed, focus, page, dialog}: ScreenState): LayoutOptions['zoomed'] {
	const log = focus === 'log' && !page;
	return !zoomed || (log && dialog) ? undefined : log ? 'log' : 'main';
}

/** How the terminal is divided, in lines and columns, borders included. */
type Layout = {
	/** 0: the steps are one line, or hidden by a zoom. */
	stepsWidth: number;
	stepLine: boolean;
	mainWidth: number;
	mainHeight: number;
	logHeight: number;
	bodyHeight: number;
};

type LayoutOptions = {
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

function layOut({columns, rows, bannerRows, log, zoomed}: LayoutOptions): Layout {
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

/** What is shown until the incident is open. */
export type Intro = {title: string; story: string; drill: boolean};

export function drawLoading(
	{title, story, drill}: Intro,
	format: Formatter,
	size: {columns: number; rows: number},
): Row[] {
	const {columns, rows} = size;
	const pane = {
		title: format.row([title, 'strong']),
		rows: format.wrap(story, columns - 4),
		width: columns,
		height: rows - 3,
		more: [],
	};
	const status = drill ? 'Setting up the rehearsal on this machine …' : 'Opening the incident …';
	return [
		drawTitle(drill, format, columns),
		...drawPane(pane, drill ? 'rehearsal' : 'real', format),
		format.cut(format.row(` ${status}`), columns),
		format.cut(format.row([' q', 'strong'], ' leave'), columns),
	];
}
