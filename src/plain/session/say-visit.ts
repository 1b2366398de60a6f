import type {Hazard} from '../../domain/audit/hazard.ts';
import type {Fault} from '../../domain/image/fault.ts';
import type {Unchecked} from '../../domain/image/verdict.ts';
import type {Incident, Visit} from '../../domain/incident/incident.ts';
import {isObject, type Json} from '../../domain/json.ts';
import type {Finding} from '../../domain/storage/findings/finding.ts';
import {sayDuration} from '../../domain/text/duration.ts';
import {count, upperFirst} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';
import {sayFinding} from '../scan/say-scan.ts';
import {sayFault, sayUnchecked} from '../verify/say-check.ts';
import {optionsOf} from './prompt.ts';
import {stepCount} from './step-count.ts';

const mostFindings = 20;

/** A step begins. */
export function sayStart(incident: Incident, visit: Visit): string[] {
	const again = visit.attempt > 1 ? `, for the ${ordinal(visit.attempt)} time` : '';
	return ['', ...wrap(`${stepCount(incident, visit)}: ${visit.title}${again}.`)];
}

/** How a step ended, and what it found. */
export function sayResult(visit: Visit): string[] {
	const {outcome = '', say = '', problem, output} = visit;
	const after = say === '' ? '' : ` ${upperFirst(say)}`;
	const hint = problem === undefined ? [] : indented(`What to do: ${problem.hint}`);

	switch (visit.ended) {
		case 'ran': {
			const milliseconds = Date.parse(visit.endedAt ?? visit.startedAt) - Date.parse(visit.startedAt);
			const took = milliseconds < 100 ? '' : `, after ${sayDuration(milliseconds)}`;
			return [
				...indented(`Result: ${outcome}${took}.${after}`),
				...hint,
				...some(listOf<Fault>(output.faults), sayFault, 'fault'),
				...some(listOf<Unchecked>(output.unchecked, 'code'), sayUnchecked, 'part'),
				...some(listOf<Finding>(output.findings), sayFinding, 'finding'),
				...some(textsOf(output.gaps), sayItem, 'gap'),
				...some(textsOf(output.followUps), sayItem, 'follow-up'),
				...some(listOf<Hazard>(output.risks), sayDanger, 'risk'),
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

/** What comes from a journal may be older than this code: what does not look right is passed over. */
function listOf<T>(value: Json | undefined, key = 'kind'): T[] {
	return Array.isArray(value) ? (value.filter(each => isObject(each) && typeof each[key] === 'string') as T[]) : [];
}

function textsOf(value: Json | undefined): string[] {
	return Array.isArray(value) ? value.filter(each => typeof each === 'string') : [];
}

function sayItem(text: string): string[] {
	return wrap(text, {first: '  - ', rest: '    '});
}

function sayDanger({file, at, line, why, advice}: Hazard): string[] {
	const place = at === undefined ? file : `${file}:${at}`;
	return [...sayItem(`${place}: ${why} ${advice}`), `    ${line}`];
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
