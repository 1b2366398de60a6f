import type {Happening} from '../../domain/incident/event.ts';
import {currentStep, currentVisit, type Incident, type Visit} from '../../domain/incident/incident.ts';
import {isObject, type JsonObject} from '../../domain/json.ts';

/**
 * What a rehearser who follows every recommendation would say now; undefined where nobody is asked.
 * Only drills are flown by it: a real gate waits for a person.
 */
export function nextWord(incident: Incident): Happening | undefined {
	const {phase} = incident;
	const step = currentStep(incident);
	const visit = currentVisit(incident);
	if (!step || !visit) {
		return undefined;
	}

	const stamp = {step: visit.step, attempt: visit.attempt};
	if (phase.is === 'gate') {
		return {type: 'gate.answered', ...stamp, answer: visit.gate?.phrase ?? 'approve', why: 'drill on autopilot'};
	}

	if (phase.is !== 'asking') {
		return undefined;
	}

	switch (step.does.kind) {
		case 'choose': {
			const option = recommended(visit);
			return option === undefined ? undefined : {type: 'choice.made', ...stamp, option, why: 'recommended'};
		}

		case 'ask':
			return {type: 'answers.given', ...stamp, answers: defaultAnswers(visit.with)};

		case 'by-hand':
			return {type: 'hand.reported', ...stamp, outcome: 'done'};

		default:
			return undefined;
	}
}

/** The recommended option, else the first that is possible. */
function recommended({with: {options}}: Visit): string | undefined {
	const shown = Array.isArray(options) ? options.filter(isObject) : [];
	const option = shown.find(each => each.recommended === true) ?? shown.find(({blocked}) => blocked === undefined);
	return option && String(option.key);
}

/** Ticks everything there is to tick; what nobody knows is unknown. */
export function defaultAnswers({questions}: JsonObject): JsonObject {
	const asked = isObject(questions) ? questions : {};
	return Object.fromEntries(
		Object.entries(asked).map(([name, question]) => {
			const {type, options, default: preset} = isObject(question) ? question : {};
			return [name, preset ?? (type === 'tick' ? (Array.isArray(options) ? options : []) : 'unknown')];
		}),
	);
}
