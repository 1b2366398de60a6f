import type {DrawContext} from '../screens/screen.ts';
import type {Extent, ScreenState, UpdateContext} from '../state/screen-state.ts';
import {drawBar, drawStatus} from './footer.ts';
import {drawBanner, drawHeader} from './header.ts';
import {type LayoutOptions, layOut} from './layout.ts';
import {drawLogPane} from './log.ts';
import {drawMainPane} from './main-pane.ts';
import {drawPane} from './pane.ts';
import type {Pen, Row} from './pen.ts';
import {drawStepLine, drawStepsPane} from './step-list.ts';

export type FrameInput = Omit<UpdateContext, keyof Extent> & {
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
