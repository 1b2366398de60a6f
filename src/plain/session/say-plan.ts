import {sayChange} from '../../domain/incident/change.ts';
import type {Gate, Visit} from '../../domain/incident/incident.ts';
import type {Item} from '../../domain/incident/item.ts';
import {
	gateLines,
	linesOf,
	type RowGroup,
	sayChosen,
	sayGateGroup,
	sayGroup,
	sayGroupTitle,
} from '../../domain/incident/plan-groups.ts';
import type {PlanRow} from '../../domain/incident/plan-row.ts';
import {sayLater, settledItems} from '../../domain/incident/rows-now.ts';
import {mostRows, sayNames} from '../../domain/plan/groups.ts';
import {count} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';

const inner = '     ';

/** The plan that a person settles: each row with its remedy, what else could be done, and why not; of many rows the groups. */
export function sayRows(rows: readonly PlanRow[]): string[] {
	let group = 0;
	const {items, putOff} = settledItems(rows);
	const isSplit = rows.some(({now}) => now);
	return [
		rows.length > mostRows ? `The plan, ${count(rows.length, 'row')} in groups:` : 'The plan:',
		...linesOf(rows).flatMap(line =>
			line.kind === 'row' ? sayRow(line.row, rows.indexOf(line.row)) : sayRowGroup(line, ++group),
		),
		...(isSplit
			? wrap(`Now: ${sayNames(items.map(({title}) => title))}. ${sayLater(putOff.length)}`, {rest: inner})
			: []),
	];
}

/** The rows of one group, with the numbers that they have in the whole plan. @param number from 1 */
export function sayRowsOfGroup(rows: readonly PlanRow[], number: number): string[] | undefined {
	const numbers = new Map(rows.map(({id}, at) => [id, at]));
	return groupsOf(rows)[number - 1]?.rows.flatMap(row => sayRow(row, numbers.get(row.id)!));
}

export function groupsOf(rows: readonly PlanRow[]): RowGroup[] {
	return linesOf(rows).flatMap(line => (line.kind === 'group' ? [line] : []));
}

function sayRowGroup(group: RowGroup, number: number): string[] {
	const {rows, remedy} = group;
	const chosen = sayChosen(rows);
	return [
		...wrap(
			`Group ${number}. ${sayGroupTitle(group)}: ${sayMarked(rows)}${chosen}${chosen === remedy ? '' : ` (recommended: ${remedy})`}`,
			{
				first: ' ',
				rest: inner,
			},
		),
		...sayFacts(sayGroup(group)),
	];
}

const labels = {with: 'Rows', why: 'Why', not: 'Not possible', does: 'Does', undo: 'Undo', or: 'Or'};

function sayFacts(facts: ReturnType<typeof sayGroup>): string[] {
	return facts.flatMap(({label, text}) => wrap(`${labels[label]}: ${text}`, {first: inner, rest: `${inner}  `}));
}

/** `now, ` */
function sayMarked(rows: readonly PlanRow[]): string {
	const marked = rows.filter(({now}) => now).length;
	return marked === 0 ? '' : marked === rows.length ? 'now, ' : `${marked} now, `;
}

function sayRow(
	{title, remedy, recommended, prepared, problem, remedies, users = [], now}: PlanRow,
	at: number,
): string[] {
	const others = remedies.filter(each => each.remedy !== remedy);
	const why = remedies.find(each => each.remedy === remedy)?.why;
	return [
		...wrap(
			`${title}: ${now ? 'now, ' : ''}${remedy}${remedy === recommended ? '' : ` (recommended: ${recommended})`}`,
			{
				first: `${at + 1}. `.padStart(5),
				rest: inner,
			},
		),
		...users.flatMap(user => wrap(`Use: ${user}`, {first: inner, rest: `${inner}  `})),
		...(why === undefined ? [] : wrap(`Why: ${why}`, {first: inner})),
		...(problem === undefined ? [] : wrap(`Not possible: ${problem.message} ${problem.hint}`, {first: inner})),
		...(prepared?.changes ?? [])
			.flatMap(sayChange)
			.flatMap(change => wrap(change, {first: `${inner}- `, rest: `${inner}  `})),
		...others.flatMap(each =>
			wrap(`${each.possible ? 'Or' : 'Not'}: ${each.remedy}${each.why === undefined ? '' : `, ${each.why}`}`, {
				first: inner,
			}),
		),
	];
}

/** What the one gate of a plan shows, what is destructive last and set apart. */
export function sayItemsOfGate({items = []}: Gate): string[] {
	const [safe, destructive] = [
		items.filter(each => each.destructive === 0),
		items.filter(each => each.destructive > 0),
	];
	const sayOne = ({id, title, changes, undo}: (typeof items)[number]) => [
		...wrap(title, {first: `${id}. `.padStart(5), rest: inner}),
		...changes.flatMap(sayChange).flatMap(change => wrap(change, {first: `${inner}- `, rest: `${inner}  `})),
		...wrap(`Undo: ${undo}`, {first: inner, rest: `${inner}      `}),
	];
	const sayGroupOfItems = (group: Parameters<typeof sayGateGroup>[0]) => {
		const {title, facts} = sayGateGroup(group);
		return [...wrap(title, {first: '  ', rest: inner}), ...sayFacts(facts)];
	};
	const number = destructive.reduce((sum, each) => sum + each.destructive, 0);
	return [
		...gateLines(safe).flatMap(line => (line.kind === 'row' ? sayOne(line.row) : sayGroupOfItems(line))),
		...(destructive.length === 0 ? [] : [`DESTRUCTIVE, ${count(number, 'change')}:`, ...destructive.flatMap(sayOne)]),
	];
}

/** What became of items since they were told last, a line each. */
export function sayItemNews(visit: Visit, known: Visit | undefined): string[] {
	const before = new Map(known?.items?.map(item => [item.id, item]));
	return (visit.items ?? []).flatMap(item => {
		const old = before.get(item.id);
		const isNew = old !== undefined && old.state !== item.state;
		return [
			...(isNew && item.state.kind !== 'pending' ? wrap(sayItem(item), {first: '  ', rest: '    '}) : []),
			...item.progress
				.slice(old?.progress.length ?? 0)
				.flatMap(({say}) => wrap(`[${item.id}] ${say}`, {first: '  ', rest: '    '})),
		];
	});
}

/** `[3] infra-ci@0a1b2c3d4e5f, relink: done. 4 links restored.` */
export function sayItem(item: Item): string {
	const {id, title, remedy, state} = item;
	const say = 'say' in state && state.say !== '' ? ` ${state.say}` : '';
	const hint = 'problem' in state && state.problem ? ` What to do: ${state.problem.hint}` : '';
	return `[${id}] ${title}, ${remedy}: ${sayState(item)}.${say}${hint}`;
}

function sayState(item: Item): string {
	const {state} = item;
	switch (state.kind) {
		case 'pending':
			return 'not begun';
		case 'running':
			return 'under way';
		case 'unsure':
			return state.asked ? 'outcome not known' : 'outcome not known; checking';
		case 'waiting':
			return 'waiting';
		default:
			return state.outcome;
	}
}
