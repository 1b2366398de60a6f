import type {AskedQuestion, ChoiceOption} from '../../domain/incident/asked.ts';
import type {Happening} from '../../domain/incident/event.ts';
import {currentVisit, type Incident} from '../../domain/incident/incident.ts';
import type {JsonObject} from '../../domain/json.ts';

/**
 * What a person who follows every recommendation would say now; undefined where no person is asked.
 * Only drills use it: a real gate waits for a person.
 */
export function nextWord(incident: Incident): Happening | undefined {
	const {phase} = incident;
	const visit = currentVisit(incident);
	if (!visit) {
		return undefined;
	}

	const stamp = {step: visit.step, attempt: visit.attempt};
	if (phase.kind === 'gate') {
		return {type: 'gate.answered', ...stamp, answer: visit.gate?.phrase ?? 'approve', why: 'drill on autopilot'};
	}

	if (phase.kind !== 'asking') {
		return undefined;
	}

	if (visit.rows) {
		return {type: 'plan.settled', ...stamp};
	}

	switch (visit.asked?.kind) {
		case 'choose': {
			const option = recommended(visit.asked.options);
			return option === undefined ? undefined : {type: 'choice.made', ...stamp, option, why: 'recommended'};
		}

		case 'ask':
			return {type: 'answers.given', ...stamp, answers: defaultAnswers(visit.asked.questions)};

		case 'by-hand':
			return {type: 'hand.reported', ...stamp, outcome: 'done'};

		default:
			return undefined;
	}
}

/** The recommended option, else the first that is possible. */
function recommended(options: readonly ChoiceOption[]): string | undefined {
	return (options.find(each => each.recommended) ?? options.find(({blocked}) => blocked === undefined))?.key;
}

/** Ticks everything there is to tick, and picks the first; every other answer is "unknown". */
function defaultAnswers(questions: readonly AskedQuestion[]): JsonObject {
	return Object.fromEntries(
		questions.map(({name, type, options, default: preset}) => [
			name,
			preset ?? (type === 'tick' ? options : type === 'pick' ? (options[0] ?? []) : 'unknown'),
		]),
	);
}
