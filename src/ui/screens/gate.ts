import {cleanedMeanwhile, nobodyKeptAway} from '../../domain/hold/say-hold.ts';
import {type Change, sayChange, sayDangers} from '../../domain/incident/change.ts';
import type {Gate} from '../../domain/incident/incident.ts';
import {gateLines, sayGateGroup} from '../../domain/incident/plan-groups.ts';
import {sayPutOff} from '../../domain/incident/rows-now.ts';
import {sayDuration, sayTimeOfDay} from '../../domain/text/time.ts';
import {count} from '../../domain/text/wording.ts';
import {drawField} from '../draw/dialog.ts';
import {type Formatter, type Row, rowWidth} from '../draw/formatter.ts';
import {openDialog} from '../state/dialog.ts';
import {emptyField} from '../state/field.ts';
import {withMessage} from '../state/screen-state.ts';
import type {Screen} from './screen.ts';

/** Before a change: what changes, where, how it is undone. The answer is typed, never a single key. */
export const gateScreen: Screen<'gate'> = {
	scopes: ['gate'],
	draw({visit, gate, answer, typed, refused}, {field, focus}, {format, width, now}) {
		const label = (text: string): Row => format.row([text.padEnd(9), 'dim']);
		const left = Date.parse(gate.expires) - now;
		const later = sayPutOff(visit.putOff ?? 0);
		const rows: Row[] = [
			...(visit.waits === undefined ? [] : [...format.wrap(cleanedMeanwhile, width, 'warn'), []]),
			...format.wrap(gate.target, width, 'strong', label('Target')),
			...(gate.unguarded ? format.wrap(nobodyKeptAway, width, 'warn', label('')) : []),
			...(later === undefined ? [] : format.wrap(later, width, 'plain', label('Later'))),
			...(gate.items
				? drawItems(gate.items, format, width)
				: drawChanges(gate.changes, format, width, label('Changes'))),
			...(gate.items ? [] : format.wrap(gate.undo, width, 'plain', label('Undo'))),
			...format.wrap(
				left > 0
					? `in ${sayDuration(left)}, at ${sayTimeOfDay(gate.expires)}`
					: 'expired: your next answer shows the gate again',
				width,
				left > 0 ? 'plain' : 'warn',
				label('Expires'),
			),
		];
		const ask = typed
			? format.wrap(`To go ahead, type:  ${answer}`, width, 'warn')
			: format.wrap(`To go ahead, type "${answer}" and press enter.`, width, 'plain');
		const foot: Row[] = [
			...(refused === undefined
				? []
				: format.wrap(
						`"${refused}" is not "${answer}". Nothing was changed.`,
						width,
						'bad',
						format.row([`${format.glyphs.failed} `, 'bad']),
					)),
			...ask,
			drawField(field, format, width, {ghost: typed ? '' : answer, active: focus === 'field'}),
		];
		return {title: `${visit.title} ${format.glyphs.dot} approve?`, rows, foot};
	},
	next: ({visit, typed}) =>
		typed ? 'Nothing is changed until you type the exact phrase.' : `"${visit.title}" starts when you approve it.`,
	act(_situation, state, intent, context) {
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

/** What takes something away is marked. */
function drawChanges(changes: readonly Change[], format: Formatter, width: number, head: Row): Row[] {
	const dangers = new Set(changes.flatMap(sayDangers));
	const blank = format.row(' '.repeat(rowWidth(head)));
	return changes.flatMap(sayChange).flatMap((change, at) => {
		const isDanger = dangers.has(change);
		const mark: Row = format.row(isDanger ? ['! ', 'warn'] : `${format.glyphs.bullet} `);
		return format.wrap(change, width, isDanger ? 'warn' : 'plain', [...(at === 0 ? head : blank), ...mark]);
	});
}

/** The changes of a plan, item by item; what is destructive stands last and apart. */
function drawItems(items: NonNullable<Gate['items']>, format: Formatter, width: number): Row[] {
	const [safe, destructive] = [
		items.filter(each => each.destructive === 0),
		items.filter(each => each.destructive > 0),
	];
	const draw = ({id, title, changes, undo}: (typeof items)[number]) => [
		...format.wrap(title, width, 'strong', format.row([`${id} `.padStart(4), 'dim'])),
		...drawChanges(changes, format, width, format.row('    ')),
		...format.wrap(undo, width, 'dim', format.row(['    undo ', 'dim'])),
	];
	const drawGroup = (group: Parameters<typeof sayGateGroup>[0]) => {
		const {title, facts} = sayGateGroup(group);
		return [
			...format.wrap(title, width, 'strong'),
			...facts.flatMap(({label, text}) => format.wrap(text, width, 'plain', format.row([`    ${label} `, 'dim']))),
		];
	};
	const number = destructive.reduce((sum, each) => sum + each.destructive, 0);
	return [
		...gateLines(safe).flatMap(line => (line.kind === 'row' ? draw(line.row) : drawGroup(line))),
		...(destructive.length === 0
			? []
			: [[], format.row([`Destructive: ${count(number, 'change')}`, 'bad']), ...destructive.flatMap(draw)]),
	];
}
