import {defined} from '../../domain/defined.ts';
import {sayChange} from '../../domain/incident/change.ts';
import type {PlanRow} from '../../domain/incident/plan-row.ts';
import {leave} from '../../domain/runbook/runbook.ts';
import {count} from '../../domain/text/wording.ts';
import type {Formatter, Row} from '../draw/formatter.ts';
import {drawProblem} from '../draw/results/result.ts';
import {withMessage} from '../state/screen-state.ts';
import type {Screen} from './screen.ts';

/** An enter within this time was meant for the step before. */
const strayKeyMs = 300;

/** The table of a plan: a row a line; the marked one with its changes and what else could be done. */
export const planScreen: Screen<'plan'> = {
	scopes: ['plan'],
	draw({visit, rows: lines, problem}, {cursor}, {format, width}) {
		const rows: Row[] = problem ? [...drawProblem(problem, format, width), []] : [];
		let focus: readonly [number, number] | undefined;
		for (const [at, line] of lines.entries()) {
			const drawn = drawRow(line, at === cursor, format, width);
			focus = at === cursor ? [rows.length, rows.length + drawn.length - 1] : focus;
			rows.push(...drawn);
		}

		const left = lines.filter(({prepared}) => !prepared).length;
		const isOpen = lines.some(({remedy, prepared, problem: wrong}) => remedy !== leave && !prepared && !wrong);
		const title = `${visit.title} ${format.glyphs.dot} ${count(lines.length, 'row')}${isOpen ? ', looking up the changes' : left === 0 ? '' : `, ${left} left`}`;
		return {title, rows, ...defined({focus})};
	},
	next: () => 'enter accepts the plan as it stands; space changes the marked row.',
	act({visit, rows}, state, intent, context) {
		const {step, attempt} = visit;
		if (intent === 'accept') {
			return context.now - state.arrivedAt < strayKeyMs
				? withMessage(state, 'The plan has only just come up: read it, then press enter again.')
				: [state, [{kind: 'send', event: {type: 'plan.settled', step, attempt}}]];
		}

		const row = rows[state.cursor];
		if (intent !== 'next-remedy' || !row) {
			return undefined;
		}

		const possible = [...row.remedies.filter(each => each.possible).map(({remedy}) => remedy), leave];
		const remedy = possible[(possible.indexOf(row.remedy) + 1) % possible.length]!;
		return [state, [{kind: 'send', event: {type: 'plan.chosen', rows: [row.id], remedy, step, attempt}}]];
	},
	picks: ({rows}) => rows.map(({title}) => title),
};

function drawRow(row: PlanRow, isMarked: boolean, format: Formatter, width: number): Row[] {
	const {title, remedy, recommended, prepared, problem, remedies} = row;
	const {cursor, failed, bullet} = format.glyphs;
	const mark = format.row([isMarked ? `${cursor} ` : '  ', 'accent'], problem ? [`${failed} `, 'bad'] : '  ');
	const sign = format.row([`  ${remedy}`, remedy === recommended ? 'good' : 'warn']);
	const head = format.spread([...mark, ...format.row([title, isMarked ? 'strong' : 'plain'])], sign, width);
	if (!isMarked) {
		return [head];
	}

	const line = (label: string, text: string | undefined, tone: 'plain' | 'bad' = 'plain') =>
		text === undefined ? [] : format.wrap(text, width, tone, format.row([`    ${label.padEnd(5)}`, 'dim']));
	return [
		head,
		...line('why', remedies.find(each => each.remedy === remedy)?.why),
		...(problem ? line('not', `${problem.message} ${problem.hint}`, 'bad') : []),
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
