import type {ImageCheck} from '../../../domain/image/verdict.ts';
import type {Incident, Visit} from '../../../domain/incident/incident.ts';
import type {Desk} from '../../screens/screen.ts';
import type {Pen, Row} from '../pen.ts';
import {drawCheck} from './check.ts';
import {drawOther} from './other.ts';
import {drawScan, scanPicks} from './scan.ts';

/** What a step found, as lines. `focus`: the lines of the row that is picked. */
export type Drawn = {rows: Row[]; focus?: readonly [number, number]};

/** What a row of the result stands for, to be copied: digests. */
export function picksOf({output}: Visit): string[] {
	switch (output?.kind) {
		case 'check':
			return output.check.children.map(({digest}) => digest);
		case 'scan':
			return scanPicks(output);
		default:
			return [];
	}
}

export function drawResult(visit: Visit, cursor: number, desk: Desk): Drawn {
	const {pen, width, incident, now} = desk;
	const {output, say, problem, values = {}} = visit;
	const how = endingOf(visit);
	const head = how === undefined ? [] : [pen.cut(pen.row([how, 'warn']), width)];

	if (output?.kind === 'check') {
		return under(head, drawCheck(output.check, earlierCheck(visit, output.check, incident), {cursor, pen, width}));
	}

	if (output?.kind === 'scan') {
		return under(head, drawScan(output, say, {cursor, pen, width, now}));
	}

	const said = say === undefined || say === '' ? [] : pen.wrap(say, width);
	const repeats = problem !== undefined && say === problem.message;
	const above = [...head, ...(repeats ? [] : said), ...(problem ? drawProblem(problem, pen, width) : [])];
	const rest = drawOther(values, pen, width);
	return {rows: [...above, ...(above.length > 0 && rest.length > 0 ? [[]] : []), ...rest]};
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

/** The first check of the same image, to set this one beside it. */
function earlierCheck(visit: Visit, {reference}: ImageCheck, {visits}: Incident): ImageCheck | undefined {
	return visits
		.slice(0, visits.indexOf(visit))
		.flatMap(({output}) => (output?.kind === 'check' ? [output.check] : []))
		.find(check => check.reference === reference);
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
