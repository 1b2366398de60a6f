import {sayDuration} from '../../../domain/text/duration.ts';
import type {Progress} from '../../../engine/actions/action.ts';
import {screenOf} from '../../screens/screens.ts';
import type {ScreenState} from '../../state/screen-state.ts';
import type {Scenery} from '../frame.ts';
import {type Pen, type Row, rowWidth} from '../pen.ts';

/** The line above the keys: why a key did not work, how far the work is, or what comes next. */
export function drawStatus({message, page}: ScreenState, {scene, view, pen, columns, now, spin}: Scenery): Row {
	if (message) {
		return pen.cut(pen.row([` ${message.text}`, message.tone]), columns);
	}

	if (page) {
		return pen.cut(pen.row(' esc goes back to where the incident is now.'), columns);
	}

	if (scene.kind !== 'working' || view.halted) {
		return pen.cut(
			pen.row(' ', view.halted ? 'Nothing more is done. q leaves.' : screenOf(scene).next(scene)),
			columns,
		);
	}

	const {spinner} = pen.glyphs;
	const since = Date.parse(scene.visit?.startedAt ?? view.incident.lastAt);
	const elapsed = Math.max(0, now - since);
	const {progress} = view.live;
	const right = pen.row([`${sayDuration(elapsed)} `, 'dim']);
	const said = progress
		? sayProgress(progress, elapsed, pen)
		: [[scene.visit?.title ?? scene.step?.title ?? 'Working']];
	const [left, ...shorter] = said.map(pieces => pen.row([` ${spinner[spin % spinner.length]} `, 'accent'], ...pieces));
	const fitting = [left!, ...shorter].find(row => rowWidth(row) + 1 + rowWidth(right) <= columns);
	return pen.spread(fitting ?? shorter.at(-1) ?? left!, right, columns);
}

const barCells = 12;

/** All of it, then with less and less, for terminals that have no room. */
function sayProgress({label, done, total}: Progress, elapsed: number, {glyphs}: Pen): string[][] {
	const counted = done === undefined ? '' : `  ${done}${total === undefined ? '' : `/${total}`}`;
	const seconds = elapsed / 1000;
	const rate = done !== undefined && done > 0 && seconds >= 1 ? done / seconds : undefined;
	const left =
		rate !== undefined && total !== undefined && total > done!
			? `  ${sayDuration(((total - done!) / rate) * 1000)} left`
			: '';
	const share = done !== undefined && total !== undefined && total > 0 ? Math.min(1, done / total) : undefined;
	const full = Math.round((share ?? 0) * barCells);
	const bar =
		share === undefined
			? ''
			: `  ${glyphs.full.repeat(full)}${glyphs.empty.repeat(barCells - full)} ${Math.floor(share * 100)} %`;
	// Of what takes many seconds each, a number per second says nothing.
	const speed = rate === undefined || rate < 0.5 ? '' : `  ${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`;
	return [
		[label, counted, bar, speed, left],
		[label, counted, bar, left],
		[label, counted, left],
	];
}
