import {defined} from '../../domain/defined.ts';
import type {ChoiceOption} from '../../domain/incident/asked.ts';
import {type Formatter, type Row, rowWidth} from '../draw/formatter.ts';
import {drawProblem} from '../draw/results/result.ts';
import {withMessage} from '../state/screen-state.ts';
import type {Screen} from './screen.ts';

/** An enter within this time was meant for the step before. */
const strayKeyMs = 300;

/** A decision: the recommended option says why; one that cannot be taken says why not. */
export const chooseScreen: Screen<'choose'> = {
	scopes: ['choose'],
	draw({visit, question, choices, problem}, {cursor}, {format, width}) {
		const rows: Row[] = [
			...(problem ? [...box(drawProblem(problem, format, width - 4), format, width), []] : []),
			...format.wrap(question, width, 'strong'),
			[],
		];
		let focus: readonly [number, number] | undefined;
		for (const [at, choice] of choices.entries()) {
			const drawn = drawChoice(choice, at === cursor, format, width);
			focus = at === cursor ? [rows.length, rows.length + drawn.length - 1] : focus;
			rows.push(...drawn);
		}

		return {title: visit.title, rows, ...defined({focus})};
	},
	next: () => 'Your decision: enter takes the marked option.',
	act({visit, choices}, state, intent, context) {
		const choice = choices[state.cursor];
		if (intent !== 'take' || choice === undefined) {
			return undefined;
		}

		if (context.now - state.arrivedAt < strayKeyMs) {
			return withMessage(state, 'The decision has only just come up: read it, then press enter again.');
		}

		const {step, attempt} = visit;
		return choice.blocked === undefined
			? [state, [{kind: 'send', event: {type: 'choice.made', option: choice.key, step, attempt}}]]
			: withMessage(state, choice.blocked);
	},
	picks: ({choices}) => choices.map(({title}) => title),
};

function drawChoice(choice: ChoiceOption, picked: boolean, format: Formatter, width: number): Row[] {
	const {title, recommended, why, changes, risk, takes, blocked} = choice;
	const {cursor, recommended: star, failed} = format.glyphs;
	const mark = format.row(
		[picked ? `${cursor} ` : '  ', 'accent'],
		recommended ? [`${star} `, 'good'] : blocked === undefined ? '  ' : [`${failed} `, 'bad'],
	);
	const sign = format.row(recommended ? ['recommended', 'good'] : [blocked === undefined ? '' : 'not possible', 'dim']);
	const titled = format.wrap(title, width, blocked === undefined ? (picked ? 'strong' : 'plain') : 'dim', mark);
	const last = titled.at(-1)!;
	const beside = rowWidth(last) + 2 + rowWidth(sign) <= width;
	// Beside the title where there is room, else below it. A marked option that is blocked gives its reason below.
	const below: Row[] = beside || (picked && blocked !== undefined) ? [] : [[...format.row('    '), ...sign]];
	const head = [
		...titled.slice(0, -1),
		beside && rowWidth(sign) > 0 ? [...last, ...format.row('  '), ...sign] : last,
		...below,
	];
	const line = (label: string, text: string | undefined) =>
		text === undefined || text === ''
			? []
			: format.wrap(text, width, 'plain', format.row([`    ${label.padEnd(8)}`, 'dim']));
	if (!picked) {
		return [...head, ...(recommended ? line('why', why) : [])];
	}

	return [
		...head,
		...line('not now', blocked),
		...(why === blocked ? [] : line('why', why)),
		...line('changes', changes),
		...line('risk', risk),
		...line('takes', takes),
	];
}

/** A frame inside the pane, for what must not be overlooked. */
export function box(rows: readonly Row[], format: Formatter, width: number): Row[] {
	const {topLeft, topRight, bottomLeft, bottomRight, across, down} = format.glyphs.border;
	const side = format.row([down, 'bad']);
	const line = across.repeat(Math.max(0, width - 2));
	return [
		format.row([`${topLeft}${line}${topRight}`, 'bad']),
		...rows.map(row => [...side, ...format.spread([...format.row(' '), ...row], side, width - 1)]),
		format.row([`${bottomLeft}${line}${bottomRight}`, 'bad']),
	];
}
