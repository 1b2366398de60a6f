import {type Item, isGood, outcomeOfItem} from '../../../domain/incident/item.ts';
import {mostRows} from '../../../domain/plan/groups.ts';
import type {Formatter, Row} from '../formatter.ts';

/** What became of the items of a plan: what did not end well comes first, and of a long plan it alone is listed. */
export function drawApplied(items: readonly Item[], format: Formatter, width: number): Row[] {
	const bad = items.filter(item => !isGood(item));
	const listed = items.length > mostRows ? bad : [...bad, ...items.filter(isGood)];
	return listed.flatMap(item => drawItem(item, format, width));
}

function drawItem(item: Item, format: Formatter, width: number): Row[] {
	const {title, remedy, state} = item;
	const tone = isGood(item) ? 'good' : 'bad';
	const mark = isGood(item) ? format.glyphs.done : format.glyphs.failed;
	const head = format.spread(
		[...format.row([`${mark} `, tone]), ...format.row([title, 'plain'], [` ${remedy}`, 'dim'])],
		format.row([`  ${outcomeOfItem(item) ?? 'under way'}`, tone]),
		width,
	);
	const said = 'say' in state ? state.say : '';
	return [head, ...(said === '' ? [] : format.wrap(said, width, 'dim', format.row('    ')))];
}
