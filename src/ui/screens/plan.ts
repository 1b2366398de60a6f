import {defined} from '../../domain/defined.ts';
import {sayChange} from '../../domain/incident/change.ts';
import {
	linesOf,
	type RowGroup,
	remediesOf,
	rowsFor,
	rowsNotUsed,
	sayChosen,
	sayGroup,
	sayGroupTitle,
} from '../../domain/incident/plan-groups.ts';
import {type PlanRow, unpreparedRows} from '../../domain/incident/plan-row.ts';
import {canBeNow} from '../../domain/incident/rows-now.ts';
import {type Line, mostRows} from '../../domain/plan/groups.ts';
import {leave} from '../../domain/runbook/runbook.ts';
import {count} from '../../domain/text/wording.ts';
import type {Formatter, Row} from '../draw/formatter.ts';
import {drawProblem} from '../draw/results/result.ts';
import {type ScreenState, type Transition, withMessage} from '../state/screen-state.ts';
import type {SituationOf} from '../state/situation.ts';
import {type Split, sayNow, sayWhen, splitOf} from './plan-now.ts';
import type {Screen} from './screen.ts';

/** An enter within this time was meant for the step before. */
const strayKeyMs = 300;

/** The table of a plan: a row or a group a line; the marked one with its changes and what else could be done. */
export const planScreen: Screen<'plan'> = {
	scopes: ['plan'],
	scopesFor: ({rows}) => [
		...(rows.length > mostRows ? (['groups'] as const) : []),
		...(isLookingUp(rows) ? [] : (['plan'] as const)),
	],
	draw({visit, rows: planned, problem}, state, {format, width}) {
		const rows: Row[] = problem ? [...drawProblem(problem, format, width), []] : [];
		let focus: readonly [number, number] | undefined;
		const split = splitOf(planned);
		for (const [at, line] of shownLines(planned, state).entries()) {
			const isMarked = at === state.cursor;
			const drawn =
				line.kind === 'group'
					? drawGroup(line, {isMarked, isOpen: state.opened.includes(line.key), split}, format, width)
					: drawRow(line, {isMarked, split}, format, width);
			focus = isMarked ? [rows.length, rows.length + drawn.length - 1] : focus;
			rows.push(...drawn);
		}

		const left = planned.filter(({prepared}) => !prepared).length;
		const title = `${visit.title} ${format.glyphs.dot} ${count(planned.length, 'row')}${isLookingUp(planned) ? ', looking up the changes' : split ? `, ${split.now.size} now, ${split.later} later` : left === 0 ? '' : `, ${left} left`}`;
		return {title, rows, ...defined({focus})};
	},
	next: ({rows}) =>
		isLookingUp(rows)
			? stillLookingUp
			: splitOf(rows)
				? sayNow(splitOf(rows)!)
				: rows.length > mostRows
					? 'enter accepts; X leaves all that nothing is known to use.'
					: 'enter accepts the plan as it stands; space changes the marked row.',
	act(situation, state, intent, context) {
		const {visit, rows} = situation;
		const {step, attempt} = visit;
		const line = shownLines(rows, state)[state.cursor];
		switch (intent) {
			case 'accept':
				return context.now - state.arrivedAt < strayKeyMs
					? withMessage(state, 'The plan has only just come up: read it, then press enter again.')
					: [state, [{kind: 'send', event: {type: 'plan.settled', step, attempt}}]];
			case 'open-group':
				return line?.kind === 'group'
					? [{...state, opened: toggled(state.opened, line.key)}, []]
					: withMessage(state, 'Only a group can be opened.');
			case 'next-remedy':
				return line && choose(situation, state, rowsOf(line), remedyAfter(rowsOf(line)));
			case 'leave-row':
				return line && choose(situation, state, rowsOf(line), leave);
			case 'now-row':
				return line && markNow(situation, state, rowsOf(line));
			case 'only-used': {
				if (isLookingUp(rows)) {
					return withMessage(state, stillLookingUp);
				}

				const others = rowsNotUsed(rows);
				return others === undefined
					? withMessage(state, 'Nothing is known to be used: no pipeline runs in any of these images.')
					: choose(situation, state, others, leave);
			}
			default:
				return undefined;
		}
	},
	picks: ({rows}, state) =>
		shownLines(rows, state).map(line => (line.kind === 'group' ? sayGroupTitle(line) : line.row.title)),
};

const stillLookingUp = 'The changes are still being looked up: enter accepts them when they are.';

/** The plan can neither be accepted nor changed until every change of it is known. */
function isLookingUp(rows: readonly PlanRow[]): boolean {
	return unpreparedRows(rows).length > 0;
}

type Room = {format: Formatter; width: number};

type ShownLine = Exclude<Line<PlanRow>, {kind: 'row'}> | {kind: 'row'; row: PlanRow; isInGroup: boolean};

/** The groups, and below each that is open its rows. */
function shownLines(rows: readonly PlanRow[], {opened}: Pick<ScreenState, 'opened'>): ShownLine[] {
	return linesOf(rows).flatMap((line): ShownLine[] =>
		line.kind === 'row'
			? [{...line, isInGroup: false}]
			: [
					line,
					...(opened.includes(line.key) ? line.rows.map(row => ({kind: 'row' as const, row, isInGroup: true})) : []),
				],
	);
}

function rowsOf(line: ShownLine): PlanRow[] {
	return line.kind === 'group' ? line.rows : [line.row];
}

/** The remedy after the one that most of them have. */
function remedyAfter(rows: readonly PlanRow[]): string {
	const [[now] = [leave]] = [...Map.groupBy(rows, ({remedy}) => remedy)].sort(([, a], [, b]) => b.length - a.length);
	const possible = remediesOf(rows);
	return possible[(possible.indexOf(now) + 1) % possible.length]!;
}

function choose(
	{visit: {step, attempt}}: SituationOf<'plan'>,
	state: ScreenState,
	some: readonly PlanRow[],
	remedy: string,
): Transition {
	const rows = rowsFor(some, remedy);
	return rows.length === 0
		? withMessage(state, remedy === leave ? 'It is left already.' : 'Nothing else is possible for it.')
		: [state, [{kind: 'send', event: {type: 'plan.chosen', rows, remedy, step, attempt}}]];
}

/** All of them are marked, or the mark is taken from all of them. */
function markNow(
	{visit: {step, attempt}, rows: planned}: SituationOf<'plan'>,
	state: ScreenState,
	some: readonly PlanRow[],
): Transition {
	const able = some.filter(({id}) => canBeNow(planned, id));
	const isMarked = able.every(({now}) => now);
	const meant = isMarked ? some.filter(({now}) => now) : able;
	return meant.length === 0
		? withMessage(state, 'Nothing is to be done about it: choose a remedy first.')
		: [
				state,
				[{kind: 'send', event: {type: 'plan.marked', rows: meant.map(({id}) => id), now: !isMarked, step, attempt}}],
			];
}

function toggled(opened: readonly string[], key: string): string[] {
	return opened.includes(key) ? opened.filter(each => each !== key) : [...opened, key];
}

function drawGroup(
	group: RowGroup,
	{isMarked, isOpen, split}: {isMarked: boolean; isOpen: boolean; split: Split | undefined},
	format: Formatter,
	width: number,
): Row[] {
	const {rows, remedy: recommended} = group;
	const {cursor, failed} = format.glyphs;
	const isKept = rows.every(({remedy}) => remedy === recommended);
	const head = format.spread(
		[
			...format.row([isMarked ? `${cursor} ` : '  ', 'accent']),
			...format.row(rows.some(({problem}) => problem) ? [`${failed} `, 'bad'] : isOpen ? '- ' : '+ '),
			...format.row([sayGroupTitle(group), isMarked ? 'strong' : 'plain']),
		],
		format.row([`  ${sayWhen(rows, split)}`, 'accent'], [sayChosen(rows), isKept ? 'good' : 'warn']),
		width,
	);
	return isMarked
		? [head, ...sayGroup(group).flatMap(({label, text}) => drawFact(label, text, {format, width}))]
		: [head];
}

function drawRow(
	{row, isInGroup}: Extract<ShownLine, {kind: 'row'}>,
	{isMarked, split}: {isMarked: boolean; split: Split | undefined},
	format: Formatter,
	width: number,
): Row[] {
	const {title, remedy, recommended, prepared, problem, remedies, users = []} = row;
	const {cursor, failed, bullet} = format.glyphs;
	const mark = format.row(
		[isMarked ? `${cursor} ` : '  ', 'accent'],
		isInGroup ? '  ' : '',
		problem ? [`${failed} `, 'bad'] : '  ',
	);
	const sign = format.row([`  ${sayWhen([row], split)}`, 'accent'], [remedy, remedy === recommended ? 'good' : 'warn']);
	const head = format.spread([...mark, ...format.row([title, isMarked ? 'strong' : 'plain'])], sign, width);
	if (!isMarked) {
		return [head];
	}

	const line = (label: string, text: string | undefined) =>
		text === undefined ? [] : drawFact(label, text, {format, width});
	return [
		head,
		...users.flatMap(user => line('use', user)),
		...line('why', remedies.find(each => each.remedy === remedy)?.why),
		...(problem ? drawFact('not', `${problem.message} ${problem.hint}`, {format, width}, 'bad') : []),
		...(prepared?.changes ?? [])
			.flatMap(sayChange)
			.flatMap(change => format.wrap(change, width, 'plain', format.row(`    ${bullet} `))),
		...line('undo', prepared?.undo),
		...remedies
			.filter(each => each.remedy !== remedy)
			.flatMap(each =>
				line(each.possible ? 'or' : 'not', `${each.remedy}${each.why === undefined ? '' : `: ${each.why}`}`),
			),
	];
}

function drawFact(label: string, text: string, {format, width}: Room, tone: 'plain' | 'bad' = 'plain'): Row[] {
	return format.wrap(text, width, tone, format.row([`    ${label.padEnd(5)}`, 'dim']));
}
