import {type LogMove, moveLog} from '../draw/panes/log.ts';
import {picksOf} from '../draw/results/result.ts';
import {screenOf} from '../screens/screens.ts';
import {clamp} from './arrangement.ts';
import {type ScreenState, type Stage, type Turn, tell} from './screen-state.ts';

/** Moves whatever has the keys: the log, a page, or the step. */
export function move(to: LogMove, state: ScreenState, stage: Stage): ScreenState {
	const {main, logHeight, scene, view} = stage;
	if (state.focus === 'log' && !state.page) {
		return {...state, log: moveLog(state.log, to, view.live.lines, Math.max(1, logHeight))};
	}

	const {page} = state;
	if (page) {
		const picked = page.is === 'visit' ? picksOf(view.incident.visits[page.visit]!).length : 0;
		return {...state, page: {...page, ...scroll({cursor: 0, ...page}, to, picked, main)}};
	}

	return {...state, ...scroll(state, to, screenOf(scene).picks?.(scene, state).length ?? 0, main)};
}

type Scrolled = {cursor: number; offset: number};

/** Picks the next row; past the first and the last one, what stands before and after them is scrolled into sight. */
function scroll({cursor, offset}: Scrolled, to: LogMove, picks: number, main: Stage['main']): Scrolled {
	const by = {up: -1, down: 1, 'page-up': -main.height, 'page-down': main.height, first: -cursor, last: picks}[to];
	const moves = picks > 0 && (by < 0 ? cursor > 0 && offset <= 0 : cursor < picks - 1 && offset >= 0);
	if (moves) {
		return {cursor: clamp(cursor + by, 0, picks - 1), offset: 0};
	}

	const far = {first: -main.before, last: main.end}[to as string] ?? offset + by;
	return {cursor, offset: clamp(far, -main.before, main.end)};
}

/** Looks at what earlier steps found; past the last one is now. */
export function look(state: ScreenState, {view, scene}: Stage, by: number): Turn {
	const {page, ...rest} = state;
	const {visits} = view.incident;
	// What a held or working screen shows already is not looked back at.
	const shown = 'visit' in scene && scene.visit ? visits.indexOf(scene.visit) : visits.length;
	const to = (page?.is === 'visit' ? page.visit : shown) + by;
	if (to < 0) {
		return tell(state, 'This is the first step.');
	}

	return to >= shown
		? page?.is === 'visit'
			? [rest, []]
			: tell(state, 'This is where the incident is now.')
		: [{...rest, page: {is: 'visit', visit: to, cursor: 0, offset: 0}}, []];
}
