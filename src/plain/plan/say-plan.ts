import {type Group, inGroups, type Line, sayNames, sayUse} from '../../domain/plan/groups.ts';
import type {Plan, PlanImage, PlanItem} from '../../domain/plan/plan.ts';
import {isDestructive, sayPlanChange} from '../../domain/plan/plan-change.ts';
import {repointTo} from '../../domain/plan/plan-siblings.ts';
import {isUsed} from '../../domain/plan/used.ts';
import {sayTime} from '../../domain/text/time.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {count, upperFirst} from '../../domain/text/wording.ts';
import {readableColumns, wrap} from '../../domain/text/wrap.ts';
import {sayUsers} from '../../domain/usage/say-use.ts';
import {sayLeft} from './say-left.ts';

const mostNamed = 5;

/** The table of a plan: what is damaged, and what will be done about it. Of many rows the groups: `plan show` and `--json` have each. */
export function sayPlanTable(plan: Plan, columns?: number): string[] {
	const width = readableColumns(columns);
	const rows = linesOf(plan).flatMap(line =>
		line.kind === 'group' ? sayGroup(line, width) : rowOf(line.row, plan, width),
	);
	const left = plan.images.filter(image => chosenFor(image, plan.items) === 'leave');
	return [...headOf(plan, width), ...(rows.length === 0 ? [] : ['', ...rows]), ...sayLeft(left, width)];
}

/** The whole plan as its gate shows it: every row, every change with its undo, and what is destructive. */
export function sayPlan(plan: Plan, columns?: number): string[] {
	const width = readableColumns(columns);
	return [
		...headOf(plan, width),
		...plan.images.flatMap(image => [
			'',
			...rowOf(image, plan, width),
			...otherRemedies(image, chosenFor(image, plan.items), width),
		]),
		...(plan.items.length === 0 ? [] : ['', 'What is done, in this order:']),
		...plan.items.flatMap(item => ['', ...itemOf(item, width)]),
	];
}

function headOf(plan: Plan, columns: number): string[] {
	const {images, items, destructive, complete, gaps} = plan;
	const repositories = new Set(images.map(({repository}) => repository)).size;
	const left = images.length - new Set(items.flatMap(({image}) => image ?? [])).size;
	const damage =
		images.length === 0
			? complete
				? 'No image is damaged.'
				: 'No damage was found in what could be read.'
			: `${count(images.length, 'damaged image')} in ${count(repositories, 'repository', 'repositories')}. ${
					left === 0 ? 'The plan repairs each of them.' : `The plan repairs ${images.length - left} and leaves ${left}.`
				}`;
	return [
		`Plan ${plan.id} for ${plan.registry}, made ${sayTime(plan.made)}, until ${sayTime(plan.until)}.`,
		...(complete
			? []
			: [
					'INCOMPLETE: the damage is not known whole, because not everything could be read.',
					...gaps.slice(0, mostNamed).map(gap => `- ${gap}`),
					...(gaps.length > mostNamed ? [`- and ${gaps.length - mostNamed} more`] : []),
				]),
		damage,
		...(destructive === 0
			? []
			: [`${count(destructive, 'change')} of it ${destructive === 1 ? 'is' : 'are'} DESTRUCTIVE.`]),
	].flatMap(line => wrap(line, {rest: '  ', columns}));
}

function rowOf(image: PlanImage, {items, usage}: Plan, columns: number): string[] {
	const {id, tags, platforms, findings, since, remedies, usedBy} = image;
	const chosen = chosenFor(image, items);
	const why = remedies.find(({remedy}) => remedy === chosen)?.why ?? '';
	const state = [
		findings.join(', '),
		...(platforms.lost.length === 0 ? [] : [`lost: ${platforms.lost.join(', ')}`]),
		...(platforms.whole.length === 0 ? [] : [`whole: ${platforms.whole.join(', ')}`]),
		...(since === undefined ? [] : [`by ${sayTime(since)}`]),
	];
	return [
		...wrap(`${id}: ${tags.length === 0 ? 'no tag' : tags.join(', ')}`, {rest: '  ', columns}),
		...wrap(state.join('; '), {first: '  ', rest: '    ', columns}),
		...(sayUsers(usedBy, usage) ?? []).flatMap(user => wrap(user, {first: '  ', rest: '    ', columns})),
		...wrap(`${chosen}: ${why}`, {first: '  → ', rest: '    ', columns}),
	];
}

/** What is done: the item of the image, or that of the registry where its memory alone is wrong. */
function chosenFor({id, recommended}: PlanImage, items: readonly PlanItem[]): string {
	const item = items.find(({image}) => image === id);
	return item?.remedy ?? (recommended === 'restart' ? 'restart' : 'leave');
}

function otherRemedies({remedies, siblings = []}: PlanImage, chosen: string, columns: number): string[] {
	const isNewest = remedies.some(({remedy, possible}) => remedy === 're-point' && possible);
	const others = siblings.slice(isNewest ? 1 : 0).map(sibling => ({
		remedy: repointTo(sibling),
		possible: true,
		why: `${upperFirst(sibling.say)}.`,
	}));
	return remedies
		.flatMap(each => (each.remedy === 're-point' ? [each, ...others] : [each]))
		.filter(({remedy}) => remedy !== chosen)
		.flatMap(({remedy, possible, why}) =>
			wrap(`${possible ? 'or' : 'not'} ${remedy}: ${why}`, {first: '    ', rest: '      ', columns}),
		);
}

/** By cause, remedy and use, what a pipeline needs or was reported first. */
function linesOf({images, items, usage}: Plan): Line<PlanImage>[] {
	const chosen = new Map(items.map(({image, remedy}) => [image, remedy]));
	return inGroups(images, ({id, need, usedBy, findings, recommended}) => ({
		used: isUsed({need, usedBy}, usage),
		cause: findings[0] ?? 'damaged',
		remedy: chosen.get(id) ?? (recommended === 'restart' ? 'restart' : 'leave'),
	}));
}

function sayGroup({rows, cause, remedy, used}: Group<PlanImage>, columns: number): string[] {
	return wrap(`${rows.length} × ${cause}, ${sayUse(used)} → ${remedy}: ${sayNames(rows.map(({id}) => id))}`, {
		rest: '    ',
		columns,
	});
}

function itemOf({id, image, remedy, after, changes, undo}: PlanItem, columns: number): string[] {
	const order = after.length === 0 ? '' : ` (after ${after.join(', ')})`;
	return [
		...wrap(`${id}. ${remedy} ${image ?? 'the registry'}${order}`, {rest: '   ', columns}),
		...changes.flatMap(change =>
			wrap(`${isDestructive(change) ? 'DESTRUCTIVE: ' : ''}${sayPlanChange(change)}`, {
				first: '   - ',
				rest: '     ',
				columns,
			}),
		),
		...wrap(`Undo: ${visibleLine(undo)}`, {first: '   ', rest: '     ', columns}),
	];
}
