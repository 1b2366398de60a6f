import type {LogLine} from '../../engine/session/view.ts';

/** Which part of the log is in sight. `at`: the number of the lowest visible line; without it the newest line stays in sight. */
export type LogState = {at?: number; found?: number; search: string};

export const freshLog: LogState = {search: ''};

export type LogMove = 'up' | 'down' | 'page-up' | 'page-down' | 'first' | 'last';

export function moveLog(state: LogState, move: LogMove, lines: readonly LogLine[], height: number): LogState {
	const last = lines.at(-1)?.number ?? 0;
	const first = Math.min(last, (lines[0]?.number ?? 0) + height - 1);
	const from = state.at ?? last;
	const to = {
		up: from - 1,
		down: from + 1,
		'page-up': from - height,
		'page-down': from + height,
		first,
		last,
	}[move];
	return showing(state, Math.max(first, to), last);
}

/** The next line that holds the text, in this direction, continuing at the other end. */
export function searchLog(state: LogState, search: string, forward: boolean, lines: readonly LogLine[]): LogState {
	const wanted = search.toLowerCase();
	const hits = lines.filter(({text}) => text.toLowerCase().includes(wanted)).map(({number}) => number);
	const last = lines.at(-1)?.number ?? 0;
	const here = state.search === search && state.found !== undefined ? state.found : (state.at ?? last) + 1;
	const found = forward
		? (hits.find(number => number > here) ?? hits[0])
		: (hits.findLast(number => number < here) ?? hits.at(-1));
	const {found: _, ...rest} = state;
	return found === undefined
		? {...rest, search}
		: {...showing({...rest, search}, Math.max(found, lines[0]!.number), last), found};
}

function showing(state: LogState, at: number, last: number): LogState {
	const {at: _, ...rest} = state;
	return at >= last ? rest : {...rest, at};
}
