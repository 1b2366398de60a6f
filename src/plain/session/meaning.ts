import type {Happening, StepStamp} from '../../domain/incident/event.ts';
import {currentStep, currentVisit, type Incident, nextAttempt} from '../../domain/incident/incident.ts';
import type {SessionView} from '../../engine/session/session.ts';
import type {Word} from './person-words.ts';
import {optionsOf} from './say-asked.ts';

/** The event that a word is, or what is wrong with it; an empty refusal: it answers nothing that is asked. */
export type Meaning = {event: Happening} | {refusal: string};

/** What a typed word means in this state. Whether it is allowed is the session's to say. */
export function meaningOf(word: Word, {incident, held}: SessionView): Meaning {
	const stamp = stampOf(incident);
	switch (word.is) {
		case 'again':
			return {event: {type: 'step.retried', ...stamp}};

		case 'decline':
			return {
				event: {type: 'gate.answered', ...stamp, answer: 'decline', ...(word.why === '' ? {} : {why: word.why})},
			};

		case 'note':
			return word.text === ''
				? {refusal: 'Say what to note: note TEXT.'}
				: {event: {type: 'note.added', text: word.text}};

		case 'back':
			return word.reason === ''
				? {refusal: 'Say why: back REASON.'}
				: {event: {type: 'decision.reopened', reason: word.reason}};

		case 'skip':
		case 'by-hand': {
			const {outcome, reason} = word;
			const outcomes = Object.keys(currentStep(incident)?.outcomes ?? {});
			return outcomes.includes(outcome) && reason !== ''
				? {event: {type: word.is === 'skip' ? 'step.skipped' : 'step.done-by-hand', ...stamp, outcome, reason}}
				: {refusal: `Say how it ended and why: ${word.is} OUTCOME REASON. Its outcomes: ${outcomes.join(', ')}.`};
		}

		case 'text':
			return held === undefined ? answerOf(word.text, incident, stamp) : {refusal: ''};

		default:
			return {refusal: ''};
	}
}

/** What is no command answers whatever is asked. */
function answerOf(text: string, incident: Incident, stamp: StepStamp): Meaning {
	if (incident.phase.is === 'gate') {
		return {event: {type: 'gate.answered', ...stamp, answer: text}};
	}

	const kind = incident.phase.is === 'asking' ? currentStep(incident)?.does.kind : undefined;
	if (kind === 'choose') {
		const options = optionsOf(currentVisit(incident));
		const option = options[Number(text) - 1] ?? options.find(({key}) => key === text);
		return option
			? {event: {type: 'choice.made', ...stamp, option: String(option.key)}}
			: {refusal: `"${text}" is none of the choices.`};
	}

	if (kind === 'by-hand') {
		const [, outcome, why = ''] = /^(done|could-not)(?:\s+(.*))?$/s.exec(text) ?? [];
		if (outcome === 'could-not' && why === '') {
			return {refusal: 'Say why: could-not REASON.'};
		}

		return outcome === 'done' || outcome === 'could-not'
			? {event: {type: 'hand.reported', ...stamp, outcome, ...(why === '' ? {} : {why})}}
			: {refusal: `"${text}" does not say what became of it.`};
	}

	return {refusal: ''};
}

function stampOf(incident: Incident): StepStamp {
	const {phase} = incident;
	const step = 'step' in phase ? phase.step : '';
	return {step, attempt: 'attempt' in phase ? phase.attempt : nextAttempt(incident, step)};
}
