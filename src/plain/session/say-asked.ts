import type {Incident, Visit} from '../../domain/incident/incident.ts';
import {currentStep, currentVisit} from '../../domain/incident/incident.ts';
import {isObject, type Json, type JsonObject} from '../../domain/json.ts';
import {findStep} from '../../domain/runbook/runbook.ts';
import {visible} from '../../domain/text/visible.ts';
import {upperFirst} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';
import type {SessionView} from '../../engine/session/session.ts';

/** What a person is asked now, without how to answer it. */
export function sayAsked({incident, held}: SessionView): string[] {
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
				: wrap(`"${phase.refused}" is not what this gate expects. Nothing has begun.`);

		case 'unsure':
			return wrap(`Nobody could tell what became of it: ${phase.say}`);

		case 'stuck':
			return ['The runbook does not say what follows.'];

		case 'asking':
			return sayAsking(incident, visit);

		default:
			return [];
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
		`  Open until ${gate.expires.slice(11, 16)} UTC.`,
	];
}

function sayAsking(incident: Incident, visit: Visit | undefined): string[] {
	switch (currentStep(incident)?.does.kind) {
		case 'choose':
			return [
				...(incident.problem === undefined ? [] : wrap(`What went wrong before: ${incident.problem.message}`)),
				...wrap(textOf(visit?.with.question) || 'How to go on?'),
				...optionsOf(visit).flatMap(sayOption),
			];

		case 'by-hand':
			return [
				'To be done by hand:',
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
