import {sayChange} from '../../domain/incident/change.ts';
import {sayDuration} from '../../domain/text/duration.ts';
import {sayTimeOfDay} from '../../domain/text/time.ts';
import {drawField} from '../draw/dialog.ts';
import type {Row} from '../draw/pen.ts';
import {openDialog} from '../state/dialog.ts';
import {emptyField} from '../state/field.ts';
import {withMessage} from '../state/screen-state.ts';
import type {Screen} from './screen.ts';

/** Before a change: what changes, where, how it is undone. The answer is typed, never a single key. */
export const gateScreen: Screen<'gate'> = {
	scopes: ['gate'],
	draw({visit, gate, answer, typed, refused}, {field, focus}, {pen, width, now}) {
		const label = (text: string): Row => pen.row([text.padEnd(9), 'dim']);
		const left = Date.parse(gate.expires) - now;
		const rows: Row[] = [
			...pen.wrap(gate.target, width, 'strong', label('Target')),
			...gate.changes
				.flatMap(sayChange)
				.flatMap((change, at) =>
					pen.wrap(change, width, 'plain', [...label(at === 0 ? 'Changes' : ''), ...pen.row(`${pen.glyphs.bullet} `)]),
				),
			...pen.wrap(gate.undo, width, 'plain', label('Undo')),
			...pen.wrap(
				left > 0
					? `in ${sayDuration(left)}, at ${sayTimeOfDay(gate.expires)}`
					: 'expired: your next answer shows the gate again',
				width,
				left > 0 ? 'plain' : 'warn',
				label('Expires'),
			),
		];
		const ask = typed
			? pen.wrap(`To go ahead, type:  ${answer}`, width, 'warn')
			: pen.wrap(`To go ahead, type "${answer}" and press enter.`, width, 'plain');
		const foot: Row[] = [
			...(refused === undefined
				? []
				: pen.wrap(
						`"${refused}" is not "${answer}". Nothing was changed.`,
						width,
						'bad',
						pen.row([`${pen.glyphs.failed} `, 'bad']),
					)),
			...ask,
			drawField(field, pen, width, {ghost: typed ? '' : answer, active: focus === 'field'}),
		];
		return {title: `${visit.title} ${pen.glyphs.dot} approve?`, rows, foot};
	},
	next: ({visit, typed}) =>
		typed ? 'Nothing is changed until you type the exact phrase.' : `"${visit.title}" starts when you approve it.`,
	act(_scene, state, intent, context) {
		return intent === 'decline' ? openDialog('decline', state, context) : undefined;
	},
	submit({visit, answer}, state, text) {
		const {step, attempt} = visit;
		return text === ''
			? withMessage(state, `Type "${answer}" to go ahead, or press esc to decline.`)
			: [{...state, field: emptyField}, [{kind: 'send', event: {type: 'gate.answered', answer: text, step, attempt}}]];
	},
	copy: ({gate}) => gate.target,
};
