import type {Hazard} from '../../domain/audit/hazard.ts';
import type {Hold} from '../../domain/hold/hold.ts';
import {sayHoldWhole} from '../../domain/hold/say-hold.ts';
import type {Incident, Visit} from '../../domain/incident/incident.ts';
import type {Output, ScanOutput} from '../../domain/incident/outputs.ts';
import {sayCheckLines, sayScopeLines} from '../../domain/incident/say-damage.ts';
import {sayNamed, sayPast} from '../../domain/inventory/say-past.ts';
import {edgesOf, reachable} from '../../domain/runbook/paths.ts';
import {findStep} from '../../domain/runbook/runbook.ts';
import {sayDuration} from '../../domain/text/time.ts';
import {count, upperFirst} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';
import {sayFinding} from '../scan/say-scan.ts';
import {sayFault, sayUnchecked} from '../verify/say-check.ts';
import {optionsOf} from './prompt.ts';

const mostFindings = 20;

/** A step begins. */
export function sayStart(incident: Incident, visit: Visit): string[] {
	const again = visit.attempt > 1 ? `, for the ${ordinal(visit.attempt)} time` : '';
	return ['', ...wrap(`${stepCount(incident, visit)}: ${visit.title}${again}.`)];
}

/** How a step ended, and what it found. */
export function sayResult(visit: Visit): string[] {
	const {outcome, say = '', problem} = visit;
	const after = say === '' ? '' : ` ${upperFirst(say)}`;
	const hint = problem === undefined ? [] : indented(`What to do: ${problem.hint}`);

	switch (visit.ended) {
		case 'ran': {
			// The wait for an approval is not the work's time.
			const milliseconds = Date.parse(visit.endedAt) - Date.parse(visit.gate?.answer?.at ?? visit.startedAt);
			const took = milliseconds < 100 ? '' : `, after ${sayDuration(milliseconds)}`;
			return [...indented(`Result: ${outcome}${took}.${after}`), ...hint, ...sayOutput(visit.output)];
		}

		case 'assumed':
			return indented(`Assumed: ${outcome}.${after}`);

		case 'answered': {
			const chosen = optionsOf(visit).find(({key}) => key === outcome);
			return indented(chosen ? `Chosen: ${chosen.title}.` : `Result: ${outcome}.${after}`);
		}

		case 'declined':
			return indented(`Declined, nothing was changed.${after}`);

		case 'skipped':
			return indented(`Skipped, as "${outcome}".${after}`);

		case 'by-hand':
			return indented(`Done by hand: ${outcome}.${after}`);

		case 'surprise':
			return [...indented(`Failed.${after}`), ...hint];

		default:
			return indented(`Left to decide again.${after}`);
	}
}

function sayOutput(output: Output): string[] {
	switch (output.kind) {
		case 'check':
			return [...some(output.check.faults, sayFault, 'fault'), ...some(output.check.unchecked, sayUnchecked, 'part')];
		case 'scan':
			return [
				...some(output.findings, sayFinding, 'finding'),
				...some(output.gaps, sayItem, 'gap'),
				...sayInventory(output),
				...(output.hold === undefined ? [] : sayHoldOf(output.hold)),
			];
		case 'scope':
			return [
				...some(sayScopeLines(output), sayItem, 'line'),
				...(output.hold === undefined
					? []
					: sayHoldWhole(output.hold, Date.parse(output.hold.looked)).flatMap(sayItem)),
			];
		case 'check-all':
			return some(sayCheckLines(output), sayItem, 'line');
		case 'follow-ups':
			return some(output.followUps, sayItem, 'follow-up');
		case 'audit':
			return some(output.risks, sayHazard, 'risk');
		case 'hold':
			return sayHoldOf(output.hold);
		// The sentence of the step says it already.
		case 'suspension':
		case 'aside':
		case 'relink':
		case 'copy-back':
		case 'repoint':
		case 'removal':
		case 'pipeline':
		case 'build':
		case 'failed-pipelines':
		case 'restarted-pipelines':
		case 'decision':
		case 'plan':
		case 'applied':
		case 'answers':
		case 'none':
		case 'unreadable':
			return [];
	}
}

function sayHoldOf(hold: Hold): string[] {
	return sayHoldWhole(hold, Date.parse(hold.looked)).flatMap(sayItem);
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

function sayItem(text: string): string[] {
	return wrap(text, {first: '  - ', rest: '    '});
}

/** What the summary of the step counts, one by one. */
function sayInventory({inventory, named = []}: ScanOutput): string[] {
	// The summary says already why it cannot be used.
	if (inventory === undefined || 'problem' in inventory) {
		return [];
	}

	const {head, items} = sayPast(inventory);
	return [...indented(head), ...some([...items, ...named.map(sayNamed)], sayItem, 'line')];
}

function sayHazard({file, at, line, why, advice}: Hazard): string[] {
	const place = at === undefined ? file : `${file}:${at}`;
	return [...sayItem(`${place}: ${why} ${advice}`), `    ${line}`];
}

function some<T>(items: readonly T[], say: (item: T) => string[], noun: string): string[] {
	const rest = items.length - mostFindings;
	return [
		...items.slice(0, mostFindings).flatMap(say),
		...(rest > 0 ? [`  - and ${count(rest, `more ${noun}`)}, kept in the journal`] : []),
	];
}

function ordinal(number: number): string {
	return ['first', 'second', 'third', 'fourth', 'fifth'][number - 1] ?? `${number}th`;
}

/**
 * "Step 2 of about 7": the visits so far, and the phases that lie ahead in the order of the page. It is never exact, as
 * outcomes decide the route.
 */
function stepCount({runbook, visits}: Incident, {step: id, attempt}: Pick<Visit, 'step' | 'attempt'>): string {
	const place = visits.findIndex(visit => visit.step === id && visit.attempt === attempt);
	const done = new Set(visits.slice(0, place + 1).map(({phase}) => phase));
	const ahead = reachable([id], edgesOf(runbook));
	const from = runbook.steps.indexOf(findStep(runbook, id)!);
	const left = new Set(
		runbook.steps
			.filter((step, at) => at > from && ahead.has(step.id) && !done.has(step.phase))
			.map(({phase}) => phase),
	);
	return `Step ${place + 1} of about ${place + 1 + left.size}`;
}
