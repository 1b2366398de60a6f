import type {Desk, Sheet} from '../screens/screen.ts';
import {screenOf} from '../screens/screens.ts';
import {type Arrangement, arrange} from '../state/arrangement.ts';
import type {ScreenState, Stage} from '../state/screen-state.ts';
import {placesOf} from '../state/update.ts';
import {drawBar} from './panes/bar.ts';
import {dialogLine, drawDialog} from './panes/dialog-rows.ts';
import {drawHeader} from './panes/header.ts';
import {drawHelp} from './panes/help.ts';
import {drawLog} from './panes/log.ts';
import {drawStatus} from './panes/status.ts';
import {drawStepLine, drawSteps} from './panes/step-list.ts';
import type {Pen, Row} from './pen.ts';
import {drawProblem, drawResult} from './results/result.ts';
import {moreOf, windowOf} from './window.ts';

/** A bordered part of the screen, its lines cut to what fits. */
export type PaneFrame = {title: Row; rows: Row[]; width: number; height: number; more: Row; focused: boolean};

/** Everything that is drawn, line by line: as wide and as high as the terminal, never more. */
export type Frame = {
	header: Row;
	banner: Row[];
	stepLine?: Row;
	steps?: PaneFrame;
	main?: PaneFrame;
	log?: PaneFrame;
	status: Row;
	bar: Row;
	/** What keys have to know of it. */
	room: Pick<Stage, 'main' | 'logHeight'>;
};

export type Scenery = Omit<Stage, 'main' | 'logHeight'> & {
	columns: number;
	rows: number;
	image: string;
	pen: Pen;
	/** Counts up while something runs. */
	spin: number;
};

export function drawFrame(state: ScreenState, scenery: Scenery): Frame {
	const {view, scene, columns, rows, pen, now, journalFolder, image} = scenery;
	const {incident} = view;
	const banner = drawBanner(view.halted, pen, columns).slice(0, Math.max(0, rows - 8));
	const place = arrange({
		columns,
		rows,
		bannerRows: banner.length,
		log: logWanted(state, scenery),
		zoomed: zoomOf(state),
	});
	const width = place.mainWidth - 4;
	const desk: Desk = {pen, width, now, incident, journalFolder};
	const main = drawMain(state, sheetOf(state, scenery, desk), place, desk, scenery);
	const steps = place.stepsWidth > 0 ? drawStepsPane(scenery, place) : undefined;
	const log = place.logHeight > 0 ? drawLogPane(state, scenery, place) : undefined;
	const room = {main: main.room, logHeight: Math.max(0, place.logHeight - 2)};
	const stage: Stage = {view, scene, now, journalFolder, ...room};

	return {
		header: drawHeader({incident, image, now, pen, width: columns}),
		banner,
		...(place.stepLine ? {stepLine: drawStepLine(incident, pen, columns)} : {}),
		...(steps ? {steps} : {}),
		...(place.mainHeight > 0 ? {main: main.pane} : {}),
		...(log ? {log} : {}),
		status: drawStatus(state, scenery),
		bar: drawBar(state, stage, pen, columns),
		room,
	};
}

/** What covers the step, or the step. */
function sheetOf(state: ScreenState, {scene}: Scenery, desk: Desk): Sheet {
	const {page} = state;
	const {pen, width, incident} = desk;
	switch (page?.is) {
		case 'help': {
			const {page: _, ...uncovered} = state;
			return {title: 'Keys', rows: drawHelp(placesOf(uncovered, scene), pen, width)};
		}

		case 'prose': {
			const step = 'step' in incident.phase ? incident.phase.step : incident.visits.at(-1)?.step;
			const found = incident.runbook.steps.find(({id}) => id === step);
			return {
				title: `About: ${found?.title ?? incident.runbook.title}`,
				rows: pen.wrap(found?.prose || incident.runbook.intro, width),
			};
		}

		case 'visit': {
			const visit = incident.visits[page.visit]!;
			return {title: `Looking back: ${visit.title}`, ...drawResult(visit, page.cursor, desk)};
		}

		default:
			return screenOf(scene).draw(scene, state, desk);
	}
}

function drawMain(
	state: ScreenState,
	sheet: Sheet,
	place: Arrangement,
	{pen, width, incident}: Desk,
	{scene}: Scenery,
) {
	const inner = Math.max(1, place.mainHeight - 2);
	const dialog = state.dialog && drawDialog(state.dialog, incident, pen, width);
	const line = state.dialog && dialogLine(state.dialog);
	const foot = dialog
		? windowOf(dialog, Math.max(2, inner - 2), line === undefined ? undefined : [line, line], 0).rows
		: state.page
			? []
			: (sheet.foot ?? []).slice(-Math.max(1, inner - 1));
	const gap = foot.length > 0 && inner - foot.length > 3 ? 1 : 0;
	const height = Math.max(1, inner - foot.length - gap);
	const seen = windowOf(sheet.rows, height, sheet.focus, state.page?.offset ?? state.offset);
	const rows = [...padded(seen.rows, height), ...(gap ? [[]] : []), ...foot].slice(0, inner);
	const room = {height, before: seen.base, end: seen.end - seen.base};
	const title = pen.row([sheet.title, state.focus === 'log' ? 'plain' : 'strong']);
	const pane: PaneFrame = {
		title,
		rows: rows.map(row => pen.cut(row, width)),
		width: place.mainWidth,
		height: place.mainHeight,
		more: moreOf(seen, pen),
		focused: state.focus !== 'log' && scene !== undefined,
	};
	return {pane, room};
}

function drawStepsPane({view, pen}: Scenery, place: Arrangement): PaneFrame {
	const width = place.stepsWidth - 4;
	const height = place.bodyHeight - 2;
	const {rows, focus} = drawSteps(view.incident, pen, width);
	const seen = windowOf(rows, height, [focus, focus], 0);
	return {
		title: pen.row('Steps'),
		rows: seen.rows,
		width: place.stepsWidth,
		height: place.bodyHeight,
		more: moreOf(seen, pen),
		focused: false,
	};
}

function drawLogPane(state: ScreenState, {view, pen}: Scenery, place: Arrangement): PaneFrame {
	const {lines} = view.live;
	const {log, focus} = state;
	const below = log.at === undefined ? 0 : (lines.at(-1)?.number ?? 0) - log.at;
	const searched = log.search === '' ? '' : ` ${pen.glyphs.dot} "${log.search}"`;
	return {
		title: pen.row([`Log${searched}`, focus === 'log' ? 'strong' : 'plain']),
		rows: drawLog(lines, log, pen, place.mainWidth - 4, place.logHeight - 2),
		width: place.mainWidth,
		height: place.logHeight,
		more: pen.row([
			below > 0 ? `${pen.glyphs.down} ${below} more` : lines.length === 0 ? 'nothing yet' : 'follows',
			'dim',
		]),
		focused: focus === 'log',
	};
}

function padded(rows: Row[], height: number): Row[] {
	return [...rows, ...Array.from({length: Math.max(0, height - rows.length)}, (): Row => [])];
}

function drawBanner(halted: Error | undefined, pen: Pen, width: number): Row[] {
	const hint =
		halted && 'hint' in halted && typeof halted.hint === 'string' ? halted.hint : 'This is a bug in regmedic.';
	return halted ? [...drawProblem({message: `Stopped: ${halted.message}`, hint}, pen, width - 1)] : [];
}

function logWanted(state: ScreenState, {scene, view}: Scenery): 'none' | 'beside' | 'much' {
	const asked = state.focus === 'log' || state.logShown === 'yes';
	const running = state.logShown === 'auto' && scene.kind === 'working' && view.live.lines.length > 0;
	return asked || running ? (scene.kind === 'working' ? 'much' : 'beside') : 'none';
}

/** A question or a page is never hidden behind the log. */
function zoomOf({zoomed, focus, page, dialog}: ScreenState): 'main' | 'log' | undefined {
	const log = focus === 'log' && !page;
	return !zoomed || (log && dialog) ? undefined : log ? 'log' : 'main';
}
