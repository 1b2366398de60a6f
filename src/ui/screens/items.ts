import {defined} from '../../domain/defined.ts';
import {sayChange} from '../../domain/incident/change.ts';
import {heldItems, type Item, isGood, outcomeOfItem, phraseFor} from '../../domain/incident/item.ts';
import {itemRefusal} from '../../domain/machine/item-refusals.ts';
import {mostRows} from '../../domain/plan/groups.ts';
import type {Formatter, Row} from '../draw/formatter.ts';
import type {Tone} from '../draw/theme.ts';
import {emptyField} from '../state/field.ts';
import {type Transition, withMessage} from '../state/screen-state.ts';
import type {Screen} from './screen.ts';

/** A plan that is carried out: an item a line, with its outcome; the marked one with its changes and what was last said. */
export const itemsScreen: Screen<'items'> = {
	scopes: ['items'],
	draw({visit, items}, {cursor}, {format, width}) {
		const rows: Row[] = items.length > mostRows ? [...format.wrap(tally(items), width, 'dim'), []] : [];
		const shown = shownItems(items);
		let focus: readonly [number, number] | undefined;
		for (const item of shown) {
			const isMarked = item === itemAt(shown, cursor);
			const drawn = drawItem(item, isMarked, format, width);
			focus = isMarked ? [rows.length, rows.length + drawn.length - 1] : focus;
			rows.push(...drawn);
		}

		const title = `${visit.title} ${format.glyphs.dot} ${items.filter(isGood).length} of ${items.length}`;
		return {title, rows, ...defined({focus})};
	},
	next({items}) {
		const held = heldItems(items);
		return held.length > 0
			? `${held.length} wait for you: mark one, then r, s or h.`
			: `${items.filter(({state}) => state.kind === 'running').length} under way; no input needed.`;
	},
	act({visit, items}, state, intent, {view}): Transition | undefined {
		const item = itemAt(shownItems(items), state.cursor);
		if (!item || (intent !== 'item-again' && intent !== 'item-skip' && intent !== 'item-by-hand')) {
			return undefined;
		}

		const stamp = {step: visit.step, attempt: visit.attempt, item: item.id};
		const phrase = phraseFor(item.destructive, visit.gate?.target ?? '');
		const event =
			intent === 'item-again'
				? ({type: 'item.retried', answer: phrase, ...stamp} as const)
				: ({type: intent === 'item-skip' ? 'item.skipped' : 'item.done-by-hand', reason: '', ...stamp} as const);
		const refused = itemRefusal(view.incident, event);
		if (refused !== undefined) {
			return withMessage(state, refused);
		}

		const {title, id} = item;
		if (intent !== 'item-again') {
			return [{...state, dialog: {kind: intent, item: id, title, field: emptyField}}, []];
		}

		// What has ended begins anew: that wants what its gate wanted. What waits or is unsure is only looked up.
		return item.state.kind === 'ended'
			? [{...state, dialog: {kind: intent, item: id, title, phrase, field: emptyField}}, []]
			: [state, [{kind: 'send', event: {type: 'item.retried', ...stamp}}]];
	},
	picks: ({items}) => shownItems(items).map(({title}) => title),
};

/** Of many items those that wait for a person, then those under way and those that did not end well: the rest is counted. */
function shownItems(items: readonly Item[]): readonly Item[] {
	if (items.length <= mostRows) {
		return items;
	}

	const held = new Set(heldItems(items));
	const isTold = (item: Item) => item.state.kind !== 'pending' && !isGood(item) && !held.has(item);
	return [...held, ...items.filter(isTold)];
}

/** The list may have become shorter. */
function itemAt(items: readonly Item[], cursor: number): Item | undefined {
	return items[Math.min(cursor, items.length - 1)];
}

/** `2950 done, 4 under way, 46 not begun` */
function tally(items: readonly Item[]): string {
	return [...Map.groupBy(items, item => stateOf(item)[0])].map(([word, some]) => `${some.length} ${word}`).join(', ');
}

function drawItem(item: Item, isMarked: boolean, format: Formatter, width: number): Row[] {
	const {title, remedy, state, changes, progress} = item;
	const {cursor, bullet} = format.glyphs;
	const [word, tone] = stateOf(item);
	const head = format.spread(
		[
			...format.row([isMarked ? `${cursor} ` : '  ', 'accent']),
			...format.row([title, isMarked ? 'strong' : 'plain'], [` ${remedy}`, 'dim']),
		],
		format.row([`  ${word}`, tone]),
		width,
	);
	const said = 'say' in state && state.say !== '' ? state.say : progress.at(-1)?.say;
	const tells = said !== undefined && (isMarked || (tone === 'bad' && state.kind !== 'pending'));
	const hint = 'problem' in state ? state.problem?.hint : undefined;
	return [
		head,
		...(isMarked
			? changes.flatMap(sayChange).flatMap(change => format.wrap(change, width, 'plain', format.row(`    ${bullet} `)))
			: []),
		...(tells ? format.wrap(said, width, tone === 'bad' ? 'bad' : 'dim', format.row('    ')) : []),
		...(isMarked && hint !== undefined ? format.wrap(hint, width, 'plain', format.row('    ')) : []),
	];
}

function stateOf(item: Item): [string, Tone] {
	switch (item.state.kind) {
		case 'pending':
			return ['not begun', 'dim'];
		case 'running':
			return ['under way', 'accent'];
		case 'unsure':
			return [item.state.asked ? 'not known' : 'checking', 'warn'];
		case 'waiting':
			return ['waits', 'warn'];
		default:
			return [outcomeOfItem(item) ?? '', isGood(item) ? 'good' : item.state.outcome === 'failed' ? 'bad' : 'warn'];
	}
}
