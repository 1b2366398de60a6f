import {sayDuration} from '../../domain/duration.ts';
import type {Progress} from '../../engine/action.ts';
import type {Scenery} from '../frame.ts';
import type {Pen, Row} from '../pen.ts';
import type {ScreenState} from '../screen-state.ts';
import {screenOf} from '../screens/screens.ts';

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
	const left = pen.row(
		[` ${spinner[spin % spinner.length]} `, 'accent'],
		...(progress ? sayProgress(progress, elapsed, pen) : [scene.visit?.title ?? scene.step?.title ?? 'Working']),
	);
	return pen.spread(left, pen.row([`${sayDuration(elapsed)} `, 'dim']), columns);
}

const barCells = 12;

function sayProgress({label, done, total}: Progress, elapsed: number, {glyphs}: Pen): string[] {
	const counted = done === undefined ? '' : `  ${done}${total === undefined ? '' : `/${total}`}`;
	const seconds = elapsed / 1000;
	const rate = done !== undefined && done > 0 && seconds >= 1 ? done / seconds : undefined;
	const left =
		rate !== undefined && total !== undefined && total > done!
			? `  ${sayDuration(((total - done!) / rate) * 1000)} left`
			: '';
	const share = done !== undefined && total !== undefined && total > 0 ? Math.min(1, done / total) : undefined;
	const full = Math.round((share ?? 0) * barCells);
	return [
		label,
		counted,
		share === undefined
			? ''
			: `  ${glyphs.full.repeat(full)}${glyphs.empty.repeat(barCells - full)} ${Math.floor(share * 100)} %`,
		rate === undefined ? '' : `  ${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`,
		left,
	];
}
