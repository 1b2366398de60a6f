import type {AskedQuestion} from '../../domain/incident/asked.ts';
import {isObject, type Json} from '../../domain/json.ts';
import type {Row} from '../draw/formatter.ts';
import {sayValue} from '../draw/results/values.ts';
import type {DrawContext} from './screen.ts';

/** The last row of a list to pick from. */
const noneOfThese = 'none of these';

type ListStyle = Pick<DrawContext, 'format' | 'width'> & {cursor: number; ticked: readonly number[]};

/** The options of a list to tick or to pick from. `focus`: the first and the last row of the option under the cursor. */
export function drawOptions(
	question: AskedQuestion,
	{cursor, ticked, format, width}: ListStyle,
): {rows: Row[]; focus: readonly [number, number]} {
	const isPick = question.type === 'pick';
	const options = optionsOf(question);
	const rows: Row[] = [];
	let focus: readonly [number, number] = [0, 0];

	for (const [which, option] of options.entries()) {
		const {text, status} = optionText(option);
		const isTicked = ticked.includes(which);
		const row = format.spread(
			format.row(
				[which === cursor ? `${format.glyphs.cursor} ` : '  ', 'accent'],
				isPick ? '' : [`${isTicked ? format.glyphs.ticked : format.glyphs.unticked} `, isTicked ? 'good' : 'plain'],
				[text, which === cursor ? 'strong' : 'plain'],
			),
			format.row([status, 'dim']),
			width,
		);
		// What is chosen is read whole, however narrow the list is.
		const isCut = which === cursor && text.length + status.length + 3 > width;
		const whole = isCut ? format.wrap(text, width, 'dim', format.row('    ')) : [];
		focus = which === cursor ? [rows.length, rows.length + whole.length] : focus;
		rows.push(row, ...whole);
	}

	return options.length === 0 ? {rows: [format.row(['There is nothing to choose.', 'dim'])], focus} : {rows, focus};
}

/** Each option as text, as many as the cursor can stand on. */
export function textsOf(question: AskedQuestion): string[] {
	return question.type === 'tick' || question.type === 'pick'
		? optionsOf(question).map(option => optionText(option).text)
		: [];
}

function optionsOf({type, options}: AskedQuestion): readonly Json[] {
	return type === 'pick' ? [...options, noneOfThese] : options;
}

/** The status goes to the end of the line, where a long title does not push it out. */
function optionText(option: Json): {text: string; status: string} {
	const key = isObject(option) ? (option.key ?? option.number) : undefined;
	return isObject(option) && key !== undefined && option.title !== undefined
		? {
				text: [`${sayValue(key)}  ${sayValue(option.title)}`, option.event, option.cause]
					.filter(part => typeof part === 'string')
					.join(', '),
				status: option.status === undefined ? '' : sayValue(option.status),
			}
		: {text: sayValue(option), status: ''};
}
