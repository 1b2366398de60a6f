import {clamp} from '../clamp.ts';
import {picksOf} from '../draw/results/result.ts';
import {screenOf} from '../screens/screens.ts';
import {type LogMove, moveLog, searchLog} from './log.ts';
import {type Extent, type ScreenState, type Transition, type UpdateContext, withMessage} from './screen-state.ts';

/** Moves whatever has the keys: the log, a page, or the step. */
export function move(to: LogMove, state: ScreenState, context: UpdateContext): ScreenState {
	const {main, logHeight, situation, view} = context;
	if (state.focus === 'log' && !state.page) {
		return {...state, log: moveLog(state.log, to, view.live.lines, Math.max(1, logHeight))};
	}

	const {page} = state;
	if (page) {
		const picks = page.kind === 'visit' ? picksOf(view.incident.visits[page.visit]!).length : 0;
		return {...state, page: {...page, ...scroll({cursor: 0, ...page}, to, picks, main)}};
	}

	return {...state, ...scroll(state, to, screenOf(situation).picks?.(situation, state).length ?? 0, main)};
}

type Scrolled = {cursor: number; offset: number};

/**
 * Picks the next row. Before the first and after the last row that can be picked, it scrolls to what stands there.
 * @param picks how many rows can be picked
 */
function scroll({cursor, offset}: Scrolled, to: LogMove, picks: number, main: Extent['main']): Scrolled {
	const by = {up: -1, down: 1, 'page-up': -main.height, 'page-down': main.height, first: -cursor, last: picks}[to];
	const moves = picks > 0 && (by < 0 ? cursor > 0 && offset <= 0 : cursor < picks - 1 && offset >= 0);
	if (moves) {
		return {cursor: clamp(cursor + by, 0, picks - 1), offset: 0};
	}

	const far = {first: -main.before, last: main.end}[to as string] ?? offset + by;
	return {cursor, offset: clamp(far, -main.before, main.end)};
}

/** Shows an earlier or a later step. After the last one comes the incident as it is now. */
export function showVisit(state: ScreenState, {view, situation}: UpdateContext, by: -1 | 1): Transition {
	const {page, ...rest} = state;
	const {visits} = view.incident;
	// The visit that the screen itself shows is not a page.
	const shown = 'visit' in situation && situation.visit ? visits.indexOf(situation.visit) : visits.length;
	const to = (page?.kind === 'visit' ? page.visit : shown) + by;
	if (to < 0) {
		return withMessage(state, 'This is the first step.');
	}

	return to >= shown
		? page?.kind === 'visit'
			? [rest, []]
			: withMessage(state, 'This is the current step.')
		: [{...rest, page: {kind: 'visit', visit: to, cursor: 0, offset: 0}}, []];
}

/** Shows the next line of the log that holds the text; backwards unless said otherwise, as the newest line is in sight. */
export function search(state: ScreenState, text: string, {view}: UpdateContext, forward = false): ScreenState {
	const log = searchLog(state.log, text, forward, view.live.lines);
	return log.found === undefined
		? {...state, log: {...log, search: ''}, message: {text: `"${text}" is not in the log.`, tone: 'warn'}}
		: {...state, log};
}

export function nextFocus(state: ScreenState, {situation, logHeight}: UpdateContext): ScreenState['focus'] {
	const {submit, picks} = screenOf(situation);
	const hasField = submit !== undefined && !(picks?.(situation, state).length ?? 0);
	const order: ScreenState['focus'][] = [
		...(hasField ? (['field'] as const) : []),
		'main',
		...(logHeight > 0 ? (['log'] as const) : []),
	];
	return order[(order.indexOf(state.focus) + 1) % order.length]!;
}
