import type {Incident, Visit} from '../../domain/incident/incident.ts';
import {currentStep, currentVisit} from '../../domain/incident/incident.ts';
import {isObject, type Json, type JsonObject} from '../../domain/json.ts';
import {proseBlocks} from '../../domain/runbook/prose.ts';
import {findStep} from '../../domain/runbook/runbook.ts';
import {sayTimeOfDay} from '../../domain/text/time.ts';
import {visible} from '../../domain/text/visible.ts';
import {upperFirst} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';
import type {SessionView} from '../../engine/session/session.ts';

/** The incident stands still until a person answers. */
export function waitsForPerson({incident: {phase}, held}: SessionView): boolean {
	return (
		held !== undefined ||
		phase.is === 'gate' ||
		phase.is === 'asking' ||
		phase.is === 'stuck' ||
		(phase.is === 'unsure' && phase.asked)
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

	switch (phase.is) {
		case 'gate':
			return phase.refused === undefined
				? sayGate(visit)
				: wrap(`"${phase.refused}" does not match; nothing was started.`);

		case 'unsure':
			return wrap(`It is still not known whether the change was made: ${phase.say}`);

		case 'stuck':
			return ['The runbook does not say what to do next.'];

		case 'asking':
			return sayQuestion(incident, visit);

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
	if (!waitsForPerson(view)) {
		return wrap(`No input needed${step ? `: "${step.title}" is under way` : ''}. Type "help" for the commands.`);
	}

	if (held !== undefined) {
		return ['Press enter to start it.'];
	}

	switch (incident.phase.is) {
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
		case 'choose': {
			const recommended = optionsOf(visit).findIndex(option => option.recommended === true);
			const hint = recommended === -1 ? '' : ` (${recommended + 1} is recommended)`;
			return wrap(`Type a number from 1 to ${optionsOf(visit).length}${hint}.`);
		}

		case 'by-hand':
			return ['Type "done" when it is done, or: could-not REASON'];

		default:
			return ['Type the answer.'];
	}
}

function sayGate(visit: Visit | undefined): string[] {
	const gate = visit?.gate;
	if (!gate) {
		return [];
	}

	const rest = ' '.repeat(11);
	return [
		visit.effect === 'destructive' ? 'This step destroys something:' : 'This step changes something:',
		...wrap(gate.target, {first: '  Target:  ', rest}),
		...gate.changes.flatMap((change, at) => wrap(change, {first: at === 0 ? '  Changes: ' : rest, rest})),
		...wrap(gate.undo, {first: '  Undo:    ', rest}),
		`  Expires: ${sayTimeOfDay(gate.expires)}`,
	];
}

function sayQuestion(incident: Incident, visit: Visit | undefined): string[] {
	switch (currentStep(incident)?.does.kind) {
		case 'choose':
			return [
				...(incident.problem === undefined ? [] : wrap(`Problem: ${incident.problem.message}`)),
				...wrap(textOf(visit?.with.question) || 'What do you want to do?'),
				...optionsOf(visit).flatMap(sayOption),
			];

		case 'by-hand':
			return [
				'Do this by hand:',
				...commandsOf(visit).flatMap(command =>
					visible(command)
						.split('\n')
						.map(line => `    ${line}`),
				),
			];

		default:
			return [];
	}
}

export function optionsOf(visit: Visit | undefined): JsonObject[] {
	const {options} = visit?.with ?? {};
	return Array.isArray(options) ? options.filter(isObject) : [];
}

function commandsOf(visit: Visit | undefined): string[] {
	const {commands} = visit?.with ?? {};
	return Array.isArray(commands) ? commands.map(textOf) : [];
}

function sayOption(option: JsonObject, at: number): string[] {
	const rest = '     ';
	const mark = option.recommended === true ? ' (recommended)' : '';
	const head = wrap(`${textOf(option.title) || textOf(option.key)}${mark}`, {first: `${at + 1}. `.padStart(5), rest});
	if (typeof option.blocked === 'string') {
		return [...head, ...wrap(`Not possible: ${option.blocked}`, {first: rest})];
	}

	const facts = (['changes', 'risk', 'takes'] as const)
		.filter(name => textOf(option[name]) !== '')
		.map(name => `${name}: ${textOf(option[name])}`);
	return [
		...head,
		...(textOf(option.why) === '' ? [] : wrap(`Why: ${textOf(option.why)}`, {first: rest})),
		...facts.flatMap(fact => wrap(upperFirst(fact), {first: rest, rest: `${rest}  `})),
	];
}

function textOf(value: Json | undefined): string {
	return typeof value === 'string' ? value : '';
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
