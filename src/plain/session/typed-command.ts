import type {Happening, StepStamp} from '../../domain/incident/event.ts';
import {currentStep, currentVisit, type Incident, nextAttempt} from '../../domain/incident/incident.ts';
import {rowsFor, rowsNotUsed} from '../../domain/incident/plan-groups.ts';
import {leave} from '../../domain/runbook/runbook.ts';
import type {SessionView} from '../../engine/session/session.ts';
import {optionsOf} from './prompt.ts';
import {groupsOf} from './say-plan.ts';

/** What a person typed, whether or not it fits what is asked. */
type TypedCommand =
	| {kind: 'enter' | 'help' | 'quit' | 'again' | 'about' | 'suspend'}
	| {kind: 'note'; text: string}
	| {kind: 'back'; reason: string}
	| {kind: 'decline'; why: string}
	| {kind: 'skip' | 'by-hand'; outcome: string; reason: string}
	| {kind: 'accept' | 'only-used'}
	| {kind: 'group'; group: number; remedy: string}
	| {kind: 'row'; row: number; remedy: string}
	| {kind: 'mark'; rows: number[]; now: boolean}
	| {kind: 'item'; item: string; how: string; rest: string}
	| {kind: 'text'; text: string};

export const commandHelp = [
	'Commands:',
	'  enter                     start the next step',
	'  1, 2, 3 …                 choose an option',
	'  the phrase of a gate      approve the change',
	'  decline REASON            decline the change, and decide again',
	'  done, could-not REASON    report what came of work by hand',
	'  again                     retry, or check again whether a change was made',
	'  suspend                   keep the next collection from starting',
	'  back REASON               leave this step, and decide again',
	'  skip OUTCOME REASON       continue as if this step had ended with that outcome',
	'  by-hand OUTCOME REASON    the same, because the step was done by hand',
	'  accept                    go on with the plan as it stands',
	'  row N REMEDY              choose another remedy for a row of the plan',
	'  now N N …                 do these rows now, and put the others off to the next plan',
	'  later N N …               the same no more',
	'  group N                   show the rows of a group of the plan',
	'  group N REMEDY            choose another remedy for all of them where it is possible',
	'  only-used                 leave all that nothing is known to use',
	'  item N again, item N skip REASON, item N by-hand REASON',
	'                            of one item of the plan; others go on',
	'  about                     all that the runbook says about this step',
	'  note TEXT                 add a note to the journal',
	'  quit                      leave; the incident can be resumed',
	'While a question is open, type a colon before every command except quit and help: ":note TEXT".',
];

/**
 * @param phrase what the open gate expects: it goes before every command that it looks like
 * @param isQuestion a question takes any text: only `quit`, `help` and what begins with a colon is a command
 */
export function readCommand(line: string, phrase: string | undefined, isQuestion: boolean): TypedCommand {
	const text = line.trim();
	if (text === phrase) {
		return {kind: 'text', text};
	}

	const isMarked = text.startsWith(':');
	const [, name = '', rest = ''] = /^:?\s*(\S*)\s*(.*)$/s.exec(text) ?? [];
	const command = isQuestion && !isMarked && name !== 'quit' && name !== 'help' ? '' : name;

	switch (command) {
		case 'quit':
		case 'help':
		case 'again':
		case 'about':
		case 'suspend':
			return rest === '' ? {kind: command} : {kind: 'text', text};

		case 'accept':
		case 'only-used':
			return rest === '' ? {kind: command} : {kind: 'text', text};

		case 'group': {
			const [, group, remedy = ''] = /^(\d+)(?:\s+(\S+))?$/.exec(rest) ?? [];
			return group === undefined ? {kind: 'text', text} : {kind: 'group', group: Number(group), remedy};
		}

		case 'row': {
			const [, row, remedy] = /^(\d+)\s+(\S+)$/.exec(rest) ?? [];
			return remedy === undefined ? {kind: 'text', text} : {kind: 'row', row: Number(row), remedy};
		}

		case 'now':
		case 'later':
			return /^\d+(?:[\s,]+\d+)*$/.test(rest)
				? {kind: 'mark', rows: rest.split(/[\s,]+/).map(Number), now: command === 'now'}
				: {kind: 'text', text};

		case 'item': {
			const [, item, how, words = ''] = /^(\d+)\s+(again|skip|by-hand)\s*(.*)$/s.exec(rest) ?? [];
			return item === undefined || how === undefined ? {kind: 'text', text} : {kind: 'item', item, how, rest: words};
		}

		case 'note':
			return {kind: 'note', text: rest};

		case 'back':
			return {kind: 'back', reason: rest};

		case 'decline':
			return {kind: 'decline', why: rest};

		case 'skip':
		case 'by-hand': {
			const [, outcome = '', reason = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
			return {kind: command, outcome, reason};
		}

		default:
			return text === '' ? {kind: 'enter'} : {kind: 'text', text};
	}
}

/** An event for the session, or what is wrong with the command; an empty refusal: nothing asks for it. */
type CommandEvent = {event: Happening} | {refusal: string};

/** The event a command stands for in this state. The session decides whether it is allowed. */
export function eventOf(command: TypedCommand, {incident, held}: SessionView): CommandEvent {
	const stamp = stampOf(incident);
	switch (command.kind) {
		case 'again':
			return {event: {type: 'step.retried', ...stamp}};

		case 'suspend':
			return {event: {type: 'hold.asked'}};

		case 'decline': {
			const why = command.why === '' ? {} : {why: command.why};
			return {event: {type: 'gate.answered', ...stamp, answer: 'decline', ...why}};
		}

		case 'note':
			return command.text === ''
				? {refusal: 'The note is empty. Type: note TEXT'}
				: {event: {type: 'note.added', text: command.text}};

		case 'back':
			return command.reason === ''
				? {refusal: 'Give a reason: back REASON'}
				: {event: {type: 'decision.reopened', reason: command.reason}};

		case 'skip':
		case 'by-hand': {
			const {kind, outcome, reason} = command;
			const outcomes = Object.keys(currentStep(incident)?.outcomes ?? {});
			return outcomes.includes(outcome) && reason !== ''
				? {event: {type: kind === 'skip' ? 'step.skipped' : 'step.done-by-hand', ...stamp, outcome, reason}}
				: {refusal: `Give an outcome and a reason: ${kind} OUTCOME REASON (${outcomes.join(', ')})`};
		}

		case 'accept':
			return {event: {type: 'plan.settled', ...stamp}};

		case 'row': {
			const row = currentVisit(incident)?.rows?.[command.row - 1];
			return row
				? {event: {type: 'plan.chosen', rows: [row.id], remedy: command.remedy, ...stamp}}
				: {refusal: `The plan has no row ${command.row}.`};
		}

		case 'mark': {
			const rows = currentVisit(incident)?.rows ?? [];
			const unknown = command.rows.find(each => rows[each - 1] === undefined);
			return unknown === undefined
				? {event: {type: 'plan.marked', rows: command.rows.map(each => rows[each - 1]!.id), now: command.now, ...stamp}}
				: {refusal: `The plan has no row ${unknown}.`};
		}

		case 'group': {
			const group = groupsOf(currentVisit(incident)?.rows ?? [])[command.group - 1];
			return group === undefined
				? {refusal: `The plan has no group ${command.group}.`}
				: chooseFor(rowsFor(group.rows, command.remedy), command.remedy, stamp);
		}

		case 'only-used': {
			const others = rowsNotUsed(currentVisit(incident)?.rows ?? []);
			return others === undefined
				? {refusal: 'Nothing is known to be used: no pipeline runs in any of these images.'}
				: chooseFor(rowsFor(others, leave), leave, stamp);
		}

		case 'item':
			return aboutItem(command, stamp);

		case 'text':
			return held === undefined ? answerOf(command.text, incident, stamp) : {refusal: ''};

		default:
			return {refusal: ''};
	}
}

function chooseFor(rows: string[], remedy: string, stamp: StepStamp): CommandEvent {
	return rows.length === 0
		? {refusal: `"${remedy}" changes nothing there: no row has it left to choose.`}
		: {event: {type: 'plan.chosen', rows, remedy, ...stamp}};
}

function aboutItem({item, how, rest}: Extract<TypedCommand, {kind: 'item'}>, stamp: StepStamp): CommandEvent {
	if (how === 'again') {
		return {event: {type: 'item.retried', item, ...(rest === '' ? {} : {answer: rest}), ...stamp}};
	}

	if (rest === '') {
		return {refusal: `Give a reason: item ${item} ${how} REASON`};
	}

	return {event: {type: how === 'skip' ? 'item.skipped' : 'item.done-by-hand', item, reason: rest, ...stamp}};
}

/** Text that is no command answers what is asked. */
function answerOf(text: string, incident: Incident, stamp: StepStamp): CommandEvent {
	if (incident.phase.kind === 'gate') {
		return {event: {type: 'gate.answered', ...stamp, answer: text}};
	}

	const kind = incident.phase.kind === 'asking' ? currentStep(incident)?.does.kind : undefined;
	if (kind === 'choose') {
		const options = optionsOf(currentVisit(incident));
		const option = options[Number(text) - 1] ?? options.find(({key}) => key === text);
		return option
			? {event: {type: 'choice.made', ...stamp, option: String(option.key)}}
			: {refusal: `"${text}" is not one of the options.`};
	}

	if (kind === 'by-hand') {
		const [, outcome, why = ''] = /^(done|could-not)(?:\s+(.*))?$/s.exec(text) ?? [];
		if (outcome === 'could-not' && why === '') {
			return {refusal: 'Give a reason: could-not REASON'};
		}

		return outcome === 'done' || outcome === 'could-not'
			? {event: {type: 'hand.reported', ...stamp, outcome, ...(why === '' ? {} : {why})}}
			: {refusal: `"${text}" is neither "done" nor "could-not REASON".`};
	}

	return {refusal: ''};
}

function stampOf(incident: Incident): StepStamp {
	const {phase} = incident;
	const step = 'step' in phase ? phase.step : '';
	return {step, attempt: 'attempt' in phase ? phase.attempt : nextAttempt(incident, step)};
}
