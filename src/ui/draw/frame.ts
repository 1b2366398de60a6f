import {clamp} from '../clamp.ts';
import type {DrawContext} from '../screens/screen.ts';
import type {Extent, ScreenState, UpdateContext} from '../state/screen-state.ts';
import {drawBar, drawStatus} from './footer.ts';
import {drawBanner, drawHeader, drawTitle} from './header.ts';
import {drawLogPane} from './log.ts';
import {drawMainPane} from './main-pane.ts';
import {drawPane} from './pane.ts';
import type {Pen, Row} from './pen.ts';
import {drawStepLine, drawStepsPane} from './step-list.ts';

type FrameInput = Omit<UpdateContext, keyof Extent> & {
	columns: number;
	rows: number;
	image: string;
	pen: Pen;
	/** Counts up while something runs. */
	spin: number;
};

/** Everything that is drawn, line by line, as wide as the terminal and no higher; and how much of it is in sight. */
export type Frame = {rows: Row[]; extent: Extent};

export function drawFrame(state: ScreenState, input: FrameInput): Frame {
	const {view, scene, columns, rows, pen, now, journalFolder, image} = input;
	const {incident} = view;
	const banner = drawBanner(view.halted, pen, columns).slice(0, Math.max(0, rows - 8));
	const layout = layOut({
		columns,
		rows,
		bannerRows: banner.length,
		log: logShare(state, input),
		zoomed: zoomOf(state),
	});
	const {mainWidth, mainHeight, logHeight, stepsWidth, bodyHeight} = layout;
	const context: DrawContext = {pen, width: mainWidth - 4, now, incident, journalFolder};
	const main = drawMainPane(state, scene, context, {width: mainWidth, height: mainHeight});
	const extent = {main: main.extent, logHeight: Math.max(0, logHeight - 2)};

	const tone = incident.drill ? 'rehearsal' : 'real';
	const log = {lines: view.live.lines, log: state.log, focused: state.focus === 'log', width: mainWidth};
	const right = [
		...(mainHeight > 0 ? drawPane(main.pane, tone, pen) : []),
		...(logHeight > 0 ? drawPane(drawLogPane({...log, height: logHeight}, pen), tone, pen) : []),
	];
	const left =
		stepsWidth > 0 ? drawPane(drawStepsPane(incident, {width: stepsWidth, height: bodyHeight}, pen), tone, pen) : [];

	return {
		rows: [
			drawHeader({incident, image, now, pen, width: columns}),
			...banner,
			...(layout.stepLine ? [drawStepLine(incident, pen, columns)] : []),
			...right.map((row, at) => [...(left[at] ?? []), ...row]),
			drawStatus(state, input),
			drawBar(state, {view, scene, now, journalFolder, ...extent}, pen, columns),
		],
		extent,
	};
}

function logShare(state: ScreenState, {scene, view}: FrameInput): LayoutOptions['log'] {
	const asked = state.focus === 'log' || state.logShown === 'yes';
	const running = state.logShown === 'auto' && scene.kind === 'working' && view.live.lines.length > 0;
	return asked || running ? (scene.kind === 'working' ? 'half' : 'third') : 'none';
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

export function drawLoading({title, story, drill}: Intro, pen: Pen, size: {columns: number; rows: number}): Row[] {
	const {columns, rows} = size;
	const pane = {
		title: pen.row([title, 'strong']),
		rows: pen.wrap(story, columns - 4),
		width: columns,
		height: rows - 3,
		more: [],
	};
	const status = drill ? 'Setting up the rehearsal on this machine …' : 'Opening the incident …';
	return [
		drawTitle(drill, pen, columns),
		...drawPane(pane, drill ? 'rehearsal' : 'real', pen),
		pen.cut(pen.row(` ${status}`), columns),
		pen.cut(pen.row([' q', 'strong'], ' leave'), columns),
	];
}
