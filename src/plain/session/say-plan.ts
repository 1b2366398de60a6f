import {sayChange} from '../../domain/incident/change.ts';
import type {Gate, Visit} from '../../domain/incident/incident.ts';
import type {Item} from '../../domain/incident/item.ts';
import type {PlanRow} from '../../domain/incident/plan-row.ts';
import {count} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';

const inner = '     ';

/** The rows of a plan that a person settles, each with its remedy, what else could be done, and why not. */
export function sayRows(rows: readonly PlanRow[]): string[] {
	return ['The plan:', ...rows.flatMap(sayRow)];
}

function sayRow({title, remedy, recommended, prepared, problem, remedies}: PlanRow, at: number): string[] {
	const others = remedies.filter(each => each.remedy !== remedy);
	const why = remedies.find(each => each.remedy === remedy)?.why;
	return [
		...wrap(`${title}: ${remedy}${remedy === recommended ? '' : ` (recommended: ${recommended})`}`, {
			first: `${at + 1}. `.padStart(5),
			rest: inner,
		}),
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
	const lines = (some: typeof items) =>
		some.flatMap(({id, title, changes, undo}) => [
			...wrap(title, {first: `${id}. `.padStart(5), rest: inner}),
			...changes.flatMap(sayChange).flatMap(change => wrap(change, {first: `${inner}- `, rest: `${inner}  `})),
			...wrap(`Undo: ${undo}`, {first: inner, rest: `${inner}      `}),
		]);
	const number = destructive.reduce((sum, each) => sum + each.destructive, 0);
	return [
		...lines(safe),
		...(destructive.length === 0 ? [] : [`DESTRUCTIVE, ${count(number, 'change')}:`, ...lines(destructive)]),
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
