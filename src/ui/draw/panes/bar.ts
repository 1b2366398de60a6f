import {barOf, type Intent} from '../../state/keymap.ts';
import type {ScreenState, Stage} from '../../state/screen-state.ts';
import {placesOf} from '../../state/update.ts';
import {type Pen, type Row, rowWidth} from '../pen.ts';
import {openDialog} from './dialog.ts';

/** The keys that work now. `?` is always there, however narrow it is. */
export function drawBar(state: ScreenState, stage: Stage, pen: Pen, width: number): Row {
	const places = placesOf(state, stage.scene);
	const items = state.dialog
		? inDialog(state.dialog.is)
		: barOf(places).filter(({intent}) => works(intent, state, stage));
	const always = places.includes('typing') || state.dialog ? ['ctrl-c', 'leaves at once'] : ['?', 'keys'];
	const right = pen.row([always[0]!, 'strong'], ` ${always[1]} `);
	let row = pen.row(' ');
	for (const {key, title} of items) {
		const next = [...row, ...pen.row([key, 'strong'], ` ${title}   `)];
		if (rowWidth(next) + rowWidth(right) >= width) {
			break;
		}

		row = next;
	}

	return pen.spread(row, right, width);
}

function inDialog(is: NonNullable<ScreenState['dialog']>['is']): {key: string; title: string}[] {
	switch (is) {
		case 'leave':
			return [
				{key: 'y', title: 'leave'},
				{key: 'esc', title: 'stay'},
			];
		case 'decline':
			return [
				{key: 'y', title: 'decline'},
				{key: 'n', title: 'back to the gate'},
			];
		default:
			return [
				{key: 'enter', title: 'go on'},
				{key: 'esc', title: 'back'},
			];
	}
}

/** A key that would only be refused is not offered. */
function works(intent: Intent, state: ScreenState, stage: Stage): boolean {
	switch (intent) {
		case 'skip':
		case 'by-hand':
		case 'back':
		case 'note':
			return openDialog(intent, state, stage)[0].dialog !== undefined;
		case 'earlier':
			return stage.view.incident.visits.length > 1;
		case 'log':
			return stage.view.live.lines.length > 0;
		default:
			return true;
	}
}
