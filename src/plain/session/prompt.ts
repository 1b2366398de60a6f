import {cleanedMeanwhile, nobodyKeptAway} from '../../domain/hold/say-hold.ts';
import type {ChoiceOption} from '../../domain/incident/asked.ts';
import {sayChange} from '../../domain/incident/change.ts';
import type {Incident, Visit} from '../../domain/incident/incident.ts';
import {currentStep, currentVisit} from '../../domain/incident/incident.ts';
import {heldItems} from '../../domain/incident/item.ts';
import {sayPutOff} from '../../domain/incident/rows-now.ts';
import {pendingEffects} from '../../domain/machine/effects.ts';
import {mostRows} from '../../domain/plan/groups.ts';
import {proseBlocks} from '../../domain/runbook/prose.ts';
import {findStep, leave} from '../../domain/runbook/runbook.ts';
import {sayTimeOfDay} from '../../domain/text/time.ts';
import {visible} from '../../domain/text/visible.ts';
import {upperFirst} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';
import type {SessionView} from '../../engine/session/session.ts';
import {sayItem, sayItemsOfGate, sayRows} from './say-plan.ts';

/** The incident stands still until a person answers. */
export function waitsForPerson({incident, held}: SessionView): boolean {
	const {phase} = incident;
	return (
		held !== undefined ||
		phase.kind === 'gate' ||
		phase.kind === 'asking' ||
		phase.kind === 'stuck' ||
		(phase.kind === 'unsure' && phase.asked) ||
		// Items: nothing goes on any more.
		(phase.kind === 'applying' && pendingEffects(incident).length === 0)
	);
}

/** What a person is asked now, without how to answer it. */
export function sayPrompt({incident, held}: SessionView): string[] {
	const {phase} = incident;
	const visit = currentVisit(incident);
	if (held !== undefined) {
		const next = findStep(incident.runbook, held);
		return [`Next: ${next?.title ?? held}.`];
	}

	switch (phase.kind) {
		case 'gate':
			return phase.refused === undefined
				? sayGate(visit)
				: wrap(`"${phase.refused}" does not match; nothing was started.`);

		case 'unsure':
			return wrap(`It is still not known whether the change was made: ${phase.say}`);

		case 'stuck':
			return ['The runbook does not say what to do next.'];

		case 'asking':
			return visit?.rows ? sayRows(visit.rows) : sayQuestion(incident, visit);

		case 'applying':
			return [
				'Items that wait for you:',
				...heldItems(visit?.items).flatMap(item => wrap(sayItem(item), {first: '  ', rest: '    '})),
			];

		default:
			return [];
	}
}

/** How to answer, in a sentence; what is under way where nothing is asked. */
export function sayHowToAnswer(view: SessionView): string[] {
	const {incident, held} = view;
	const step = currentStep(incident);
	const visit = currentVisit(incident);
	const outcomes = Object.keys(step?.outcomes ?? {}).join(', ');
	if (incident.phase.kind === 'preparing') {
		return wrap(
			'The changes are still being looked up: "accept" works when the plan is shown. Type "help" for the commands.',
		);
	}

	if (!waitsForPerson(view)) {
		return wrap(`No input needed${step ? `: "${step.title}" is under way` : ''}. Type "help" for the commands.`);
	}

	if (held !== undefined) {
		return ['Press enter to start it.'];
	}

	switch (incident.phase.kind) {
		case 'gate':
			// On one line, however long: it is to be typed as it stands.
			return [`Type exactly: ${visit?.gate?.phrase ?? 'approve'}   (or: decline REASON)`];

		case 'unsure':
			return wrap(
				`Type "again" to check once more, or record the outcome by hand: by-hand OUTCOME REASON (${outcomes}).`,
			);

		case 'stuck':
			return wrap(`Type "again" to retry, or continue with: skip OUTCOME REASON (${outcomes}).`);

		default:
			break;
	}

	switch (step?.does.kind) {
		case 'plan':
			return wrap(
				`Type "accept" to go on with this plan, or choose another remedy: ${
					(visit?.rows?.length ?? 0) > mostRows ? 'group N REMEDY or row N REMEDY' : 'row N REMEDY'
				} (${[...Object.keys(step.does.remedies), leave].join(', ')}). "now N" does a row now, and puts the others off.${
					(visit?.rows?.length ?? 0) > mostRows
						? ' "group N" shows its rows; "only-used" leaves all that nothing is known to use.'
						: ''
				}`,
			);

		case 'apply':
			return itemCommands;

		case 'choose': {
			const recommended = optionsOf(visit).findIndex(option => option.recommended);
			const hint = recommended === -1 ? '' : ` (${recommended + 1} is recommended)`;
			return wrap(`Type a number from 1 to ${optionsOf(visit).length}${hint}.`);
		}

		case 'by-hand':
			return ['Type "done" when it is done, or: could-not REASON'];

		default:
			return ['Type the answer.'];
	}
}

/** How to say something about one item of a plan. */
const itemCommands = [
	'Type: item N again                 look it up again, or order it again',
	'      item N skip REASON           go on without it',
	'      item N by-hand REASON        it was done by hand',
];

function sayGate(visit: Visit | undefined): string[] {
	const gate = visit?.gate;
	if (!gate) {
		return [];
	}

	const rest = ' '.repeat(11);
	const later = sayPutOff(visit.putOff ?? 0);
	return [
		gate.items?.some(({destructive}) => destructive > 0) || visit.effect === 'destructive'
			? 'This step destroys something:'
			: 'This step changes something:',
		...(visit.waits === undefined ? [] : [cleanedMeanwhile]),
		...wrap(gate.target, {first: '  Target:  ', rest}),
		...(gate.unguarded ? wrap(nobodyKeptAway, {first: rest, rest}) : []),
		...(later === undefined ? [] : wrap(later, {first: '  Later:   ', rest})),
		...(gate.items
			? sayItemsOfGate(gate)
			: gate.changes
					.flatMap(sayChange)
					.flatMap((change, at) => wrap(change, {first: at === 0 ? '  Changes: ' : rest, rest}))),
		...wrap(gate.undo, {first: '  Undo:    ', rest}),
		`  Expires: ${sayTimeOfDay(gate.expires)}`,
	];
}

function sayQuestion(incident: Incident, visit: Visit | undefined): string[] {
	const asked = visit?.asked;
	switch (asked?.kind) {
		case 'choose':
			return [
				...(incident.problem === undefined ? [] : wrap(`Problem: ${incident.problem.message}`)),
				...wrap(asked.question || 'What do you want to do?'),
				...asked.options.flatMap(sayOption),
			];

		case 'by-hand':
			return [
				'Do this by hand:',
				...asked.commands.flatMap(command =>
					visible(command)
						.split('\n')
						.map(line => `    ${line}`),
				),
			];

		default:
			return [];
	}
}

export function optionsOf(visit: Visit | undefined): ChoiceOption[] {
	return visit?.asked?.kind === 'choose' ? visit.asked.options : [];
}

function sayOption({title, recommended, why, changes, risk, takes, blocked}: ChoiceOption, at: number): string[] {
	const rest = '     ';
	const head = wrap(`${title}${recommended ? ' (recommended)' : ''}`, {first: `${at + 1}. `.padStart(5), rest});
	if (blocked !== undefined) {
		return [...head, ...wrap(`Not possible: ${blocked}`, {first: rest})];
	}

	const facts = Object.entries({changes, risk, takes}).flatMap(([name, text]) => (text ? [`${name}: ${text}`] : []));
	return [
		...head,
		...(why ? wrap(`Why: ${why}`, {first: rest}) : []),
		...facts.flatMap(fact => wrap(upperFirst(fact), {first: rest, rest: `${rest}  `})),
	];
}

/** A runbook's prose: paragraphs wrapped anew, commands exactly as written. */
export function sayProse(markdown: string, indent = ''): string[] {
	return proseBlocks(markdown).flatMap((block, at) => [
		...(at === 0 ? [] : ['']),
		...(block.kind === 'code'
			? block.lines.map(line => `${indent}    ${line}`)
			: block.lines.flatMap(({mark, text}) =>
					wrap(text, {first: indent + mark, rest: indent + ' '.repeat(mark.length)}),
				)),
	]);
}
