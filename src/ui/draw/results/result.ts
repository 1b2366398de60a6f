import type {Incident, Visit} from '../../../domain/incident/incident.ts';
import type {JsonObject} from '../../../domain/json.ts';
import type {Desk} from '../../screens/screen.ts';
import type {Pen, Row} from '../pen.ts';
import {checkPicks, drawCheck, isCheck} from './check.ts';
import {drawOther} from './other.ts';
import {drawScan, isScan, scanPicks} from './scan.ts';

/** What a step found, as lines. `focus`: the lines of the row that is picked. */
export type Drawn = {rows: Row[]; focus?: readonly [number, number]};

/** What a row of the result stands for, to be copied: digests. */
export function picksOf({output}: Visit): string[] {
	return isCheck(output) ? checkPicks(output) : isScan(output) ? scanPicks(output) : [];
}

export function drawResult(visit: Visit, cursor: number, desk: Desk): Drawn {
	const {pen, width, incident} = desk;
	const {output} = visit;
	const said = visit.say === undefined || visit.say === '' ? [] : pen.wrap(visit.say, width);
	const how = endingOf(visit);
	const head = [...(how === undefined ? [] : [pen.cut(pen.row([how, 'warn']), width)])];

	if (isCheck(output)) {
		const drawn = drawCheck(output, earlierCheck(visit, incident), cursor, pen, width);
		return under(head, drawn);
	}

	if (isScan(output)) {
		return under(head, drawScan(visit, cursor, desk));
	}

	const problem = visit.problem ? drawProblem(visit.problem, pen, width) : [];
	const repeats = visit.problem !== undefined && visit.say === visit.problem.message;
	const above = [...head, ...(repeats ? [] : said), ...problem];
	const values = drawOther(output, pen, width);
	return {rows: [...above, ...(above.length > 0 && values.length > 0 ? [[]] : []), ...values]};
}

export function drawProblem({message, hint}: {message: string; hint: string}, pen: Pen, width: number): Row[] {
	return [
		...pen.wrap(message, width, 'bad', pen.row([`${pen.glyphs.failed} `, 'bad'])),
		...pen.wrap(hint, width, 'plain', pen.row('  ')),
	];
}

function under(head: Row[], {rows, focus}: Drawn): Drawn {
	return {
		rows: [...head, ...rows],
		...(focus === undefined ? {} : {focus: [focus[0] + head.length, focus[1] + head.length] as const}),
	};
}

/** The first look at the same image, to set this one beside it. */
function earlierCheck(visit: Visit, {visits}: Incident) {
	const mine = visits.indexOf(visit);
	const found = visits.find(
		({output}, at) => at < mine && isCheck(output) && output.reference === visit.output.reference,
	);
	return found ? (found.output as JsonObject) : undefined;
}

function endingOf({ended, outcome, gate}: Visit): string | undefined {
	switch (ended) {
		case 'skipped':
			return `Skipped, as "${outcome}".`;
		case 'by-hand':
			return `Done by hand: "${outcome}".`;
		case 'assumed':
			return `Dry run: assumed "${outcome}". Nothing was changed.`;
		case 'declined':
			return `Declined${gate?.answer ? ` by ${gate.answer.by}` : ''}. Nothing was changed.`;
		case 'left':
			return 'Left before its end.';
		default:
			return undefined;
	}
}
