import type {Visit} from '../../domain/incident/incident.ts';
import type {JsonObject} from '../../domain/json.ts';
import {sayDuration} from '../../domain/text/duration.ts';
import type {Pen, Row} from '../draw/pen.ts';
import {sayValue} from '../draw/results/other.ts';
import {drawProblem} from '../draw/results/result.ts';
import {sayTime} from '../draw/words.ts';
import type {Screen} from './screen.ts';

/** Something runs, and nothing is asked of the person. */
export const workingScreen: Screen<'working'> = {
	places: [],
	draw({visit, step, until}, _state, {pen, width, now, incident}) {
		const title = visit?.title ?? step?.title ?? incident.runbook.title;
		const rows: Row[] = [];
		if (visit?.problem) {
			rows.push(
				pen.row([`Try ${visit.tries}. The one before ended like this:`, 'warn']),
				...drawProblem(visit.problem, pen, width),
				[],
			);
		}

		if (until !== undefined) {
			rows.push(
				pen.row(`Waits until ${sayTime(until)}: ${sayDuration(Math.max(0, Date.parse(until) - now))} left.`),
				[],
			);
		}

		if (incident.phase.is === 'gating') {
			rows.push(pen.row('Looking up what this step would change. Nothing is changed before you say so.'), []);
		}

		rows.push(...(visit ? [...drawGiven(visit, pen, width), ...drawSteps(visit, pen, width)] : []));
		return {title, rows};
	},
	next: ({visit, step}) => `${visit?.title ?? step?.title ?? 'Something'} is under way; nothing is asked of you.`,
};

/** What the step was given, and what it changes. */
export function drawGiven({with: given, gate}: Visit, pen: Pen, width: number): Row[] {
	const changes = (gate?.changes ?? []).flatMap(change =>
		pen.wrap(change, width, 'plain', pen.row(`  ${pen.glyphs.bullet} `)),
	);
	return [
		...(gate
			? [pen.cut(pen.row(['Changes ', 'dim'], [gate.target, 'strong']), width), ...changes]
			: drawInputs(given, pen, width)),
	];
}

function drawInputs(given: JsonObject, pen: Pen, width: number): Row[] {
	return Object.entries(given)
		.filter(([, value]) => value !== null && value !== '')
		.map(([name, value]) => pen.cut(pen.row([`${name}  `, 'dim'], sayValue(value)), width));
}

function drawSteps({progress}: Visit, pen: Pen, width: number): Row[] {
	return progress.length === 0
		? []
		: [[], ...progress.map(({at, say}) => pen.cut(pen.row([`${sayTime(at).slice(0, 8)} `, 'dim'], say), width))];
}
