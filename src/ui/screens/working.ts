import {sayChange} from '../../domain/incident/change.ts';
import type {Visit} from '../../domain/incident/incident.ts';
import type {JsonObject} from '../../domain/json.ts';
import {firstParagraph} from '../../domain/runbook/prose.ts';
import {sayDuration, sayTimeOfDay} from '../../domain/text/time.ts';
import type {Formatter, Row} from '../draw/formatter.ts';
import {drawProblem} from '../draw/results/result.ts';
import {sayValue} from '../draw/results/values.ts';
import type {Screen} from './screen.ts';

/** Something runs, and no input is needed. */
export const workingScreen: Screen<'working'> = {
	scopes: [],
	draw({visit, step, until}, _state, {format, width, now, incident}) {
		const title = visit?.title ?? step?.title ?? incident.runbook.title;
		const rows: Row[] = [];
		if (visit?.problem) {
			rows.push(
				format.row([`Attempt ${visit.tries}. The one before failed:`, 'warn']),
				...drawProblem(visit.problem, format, width),
				[],
			);
		}

		if (until !== undefined) {
			rows.push(
				format.row(`Waits until ${sayTimeOfDay(until)}: ${sayDuration(Math.max(0, Date.parse(until) - now))} left.`),
				[],
			);
		}

		if (incident.phase.kind === 'gating') {
			const about = 'Checking what this step would change. Nothing is changed before you approve.';
			rows.push(...format.wrap(about, width), []);
		}

		rows.push(...(visit ? [...drawGiven(visit, format, width), ...drawSteps(visit, format, width)] : []));
		const prose = step === undefined ? '' : firstParagraph(step.prose);
		return {title, rows: rows.length > 0 ? rows : format.wrap(prose, width, 'dim')};
	},
	next: ({visit, step}) => `${visit?.title ?? step?.title ?? 'Something'} is under way; no input needed.`,
};

/** What the step was given, and what it changes. */
export function drawGiven({with: given, gate}: Visit, format: Formatter, width: number): Row[] {
	const changes = (gate?.changes ?? [])
		.flatMap(sayChange)
		.flatMap(change => format.wrap(change, width, 'plain', format.row(`  ${format.glyphs.bullet} `)));
	return [
		...(gate
			? [format.cut(format.row(['Changes ', 'dim'], [gate.target, 'strong']), width), ...changes]
			: drawInputs(given, format, width)),
	];
}

function drawInputs(given: JsonObject, format: Formatter, width: number): Row[] {
	return Object.entries(given)
		.filter(([, value]) => value !== null && value !== '')
		.map(([name, value]) => format.cut(format.row([`${name}  `, 'dim'], sayValue(value)), width));
}

function drawSteps({waits = [], progress}: Visit, format: Formatter, width: number): Row[] {
	return [
		...(waits.length === 0 ? [] : [[]]),
		...waits.flatMap(({at, say}) => format.wrap(say, width, 'warn', format.row([`${at.slice(11, 19)} `, 'dim']))),
		...(progress.length === 0 ? [] : [[]]),
		...progress.map(({at, say}) => format.cut(format.row([`${at.slice(11, 19)} `, 'dim'], say), width)),
	];
}
