import type {DrawContext, PaneContent} from '../screens/screen.ts';
import {screenOf} from '../screens/screens.ts';
import type {Extent, ScreenState} from '../state/screen-state.ts';
import type {Situation} from '../state/situation.ts';
import {scopesOf} from '../state/update.ts';
import {dialogLine, drawDialog} from './dialog.ts';
import type {Row} from './formatter.ts';
import {drawHelp} from './help.ts';
import {drawMore, type Pane, scrollRows} from './pane.ts';
import {drawProse} from './prose.ts';
import {drawResult} from './results/result.ts';

type Size = {width: number; height: number};

/** The step, or the page that covers it, with a dialog below; and how much of it is in sight. */
export function drawMainPane(
	state: ScreenState,
	situation: Situation,
	context: DrawContext,
	size: Size,
): {pane: Pane; extent: Extent['main']} {
	const {format, width} = context;
	const content = contentOf(state, situation, context);
	const inner = Math.max(1, size.height - 2);
	const foot = footOf(state, content, context, inner);
	const gap = foot.length > 0 && inner - foot.length > 3 ? 1 : 0;
	const height = Math.max(1, inner - foot.length - gap);
	const scrolled = scrollRows(content.rows, height, content.focus, state.page?.offset ?? state.offset);
	const blank = Array.from({length: Math.max(0, height - scrolled.rows.length)}, (): Row => []);
	const rows = [...scrolled.rows, ...blank, ...(gap ? [[]] : []), ...foot].slice(0, inner);
	return {
		pane: {
			...size,
			title: format.row([content.title, state.focus === 'log' ? 'plain' : 'strong']),
			rows: rows.map(row => format.cut(row, width)),
			more: drawMore(scrolled, format),
		},
		extent: {height, before: scrolled.base, end: scrolled.end - scrolled.base},
	};
}

/** The page that covers the step, or the step. */
function contentOf(state: ScreenState, situation: Situation, context: DrawContext): PaneContent {
	const {page} = state;
	const {format, width, incident} = context;
	switch (page?.kind) {
		case 'help': {
			const {page: _, ...uncovered} = state;
			return {title: 'Keys', rows: drawHelp(scopesOf(uncovered, situation), format, width)};
		}

		case 'prose': {
			const step = 'step' in incident.phase ? incident.phase.step : incident.visits.at(-1)?.step;
			const found = incident.runbook.steps.find(({id}) => id === step);
			return {
				title: `About: ${found?.title ?? incident.runbook.title}`,
				rows: drawProse(found?.prose || incident.runbook.intro, format, width),
			};
		}

		case 'visit': {
			const visit = incident.visits[page.visit]!;
			return {title: `Earlier: ${visit.title}`, ...drawResult(visit, page.cursor, context)};
		}

		default:
			return screenOf(situation).draw(situation, state, context);
	}
}

/** What always stays in sight below the content. */
function footOf(
	{dialog, page}: ScreenState,
	content: PaneContent,
	context: DrawContext,
	height: number,
): readonly Row[] {
	if (dialog) {
		const line = dialogLine(dialog);
		const rows = drawDialog(dialog, context.incident, context.format, context.width);
		return scrollRows(rows, Math.max(2, height - 2), line === undefined ? undefined : [line, line], 0).rows;
	}

	return page ? [] : (content.foot ?? []).slice(-Math.max(1, height - 1));
}
