import {sayDuration} from '../domain/duration.ts';
import type {Fault} from '../domain/fault.ts';
import type {Finding} from '../domain/finding.ts';
import type {Incident, Visit} from '../domain/incident.ts';
import {isObject, type Json} from '../domain/json.ts';
import {count, upperFirst, wrap} from './fit.ts';
import {optionsOf} from './say-asked.ts';
import {sayFault} from './say-check.ts';
import {sayFinding} from './say-scan.ts';
import {stepCount} from './step-count.ts';

const mostFindings = 20;

/** A step begins. */
export function sayStart(incident: Incident, visit: Visit): string[] {
	const again = visit.attempt > 1 ? `, for the ${ordinal(visit.attempt)} time` : '';
	return wrap(`${stepCount(incident, visit)}: ${visit.title}${again}.`);
}

/** How a step ended, and what it found. */
export function sayResult(visit: Visit): string[] {
	const {outcome = '', say = '', problem, output} = visit;
	const after = say === '' ? '' : ` ${upperFirst(say)}`;
	const hint = problem === undefined ? [] : indented(`What to do: ${problem.hint}`);

	switch (visit.ended) {
		case 'ran': {
			const took = sayDuration(Date.parse(visit.endedAt ?? visit.startedAt) - Date.parse(visit.startedAt));
			return [
				...indented(`Result: ${outcome}, after ${took}.${after}`),
				...hint,
				...some(listOf<Fault>(output.faults), sayFault, 'fault'),
				...some(listOf<Finding>(output.findings), sayFinding, 'finding'),
			];
		}

		case 'assumed':
			return indented(`Assumed: ${outcome}.${after}`);

		case 'answered': {
			const chosen = optionsOf(visit).find(({key}) => key === outcome);
			return indented(chosen ? `Chosen: ${String(chosen.title ?? outcome)}.` : `Result: ${outcome}.${after}`);
		}

		case 'declined':
			return indented(`Declined, nothing was changed.${after}`);

		case 'skipped':
			return indented(`Skipped, as if it had ended with "${outcome}".${after}`);

		case 'by-hand':
			return indented(`Done by hand: ${outcome}.${after}`);

		case 'surprise':
			return [...indented(`It did not work.${after}`), ...hint];

		default:
			return indented(`Left, to decide again.${after}`);
	}
}

/** One line for what was done before this session. */
export function sayEarlier(incident: Incident, visit: Visit): string[] {
	const {title, outcome, ended = 'left', say = ''} = visit;
	return wrap(`${stepCount(incident, visit)}, earlier: ${title}: ${outcome ?? ended}.${say === '' ? '' : ` ${say}`}`, {
		first: '',
		rest: '  ',
	});
}

export function indented(text: string): string[] {
	return wrap(text, {first: '  '});
}

/** Findings come from a journal that may be older than this code: what has no kind is passed over. */
function listOf<T extends {kind: string}>(value: Json | undefined): T[] {
	return Array.isArray(value) ? (value.filter(each => isObject(each) && typeof each.kind === 'string') as T[]) : [];
}

function some<T>(items: T[], say: (item: T) => string[], noun: string): string[] {
	const rest = items.length - mostFindings;
	return [
		...items.slice(0, mostFindings).flatMap(say),
		...(rest > 0 ? [`  - and ${count(rest, `more ${noun}`)}, kept in the journal`] : []),
	];
}

function ordinal(number: number): string {
	return ['first', 'second', 'third', 'fourth', 'fifth'][number - 1] ?? `${number}th`;
}
