import type {Happening} from '../incident/event.ts';
import {currentStep, currentVisit, type Incident, nextAttempt} from '../incident/incident.ts';
import type {JsonObject} from '../json.ts';

/**
 * Why a person's word cannot be taken now, as a sentence for the screen; undefined: it can.
 * What the machine itself reports is not asked about here.
 */
export function refusal(incident: Incident, event: Happening): string | undefined {
	const {phase} = incident;
	const step = currentStep(incident);
	const here = 'attempt' in phase && 'attempt' in event && phase.step === event.step && phase.attempt === event.attempt;

	switch (event.type) {
		case 'note.added':
			return phase.kind === 'stopped' && phase.closed ? 'The incident is closed: its record is sealed.' : undefined;

		case 'gate.answered':
			return phase.kind === 'gate' && here ? undefined : 'No gate is open here.';

		case 'choice.made':
			if (phase.kind !== 'asking' || !here || step?.does.kind !== 'choose') {
				return 'There is nothing to choose now.';
			}

			return refuseOption(incident, event.option);

		case 'answers.given':
			return phase.kind === 'asking' && here && step?.does.kind === 'ask'
				? refuseAnswers(incident, event.answers)
				: 'Nothing is asked now.';

		case 'hand.reported':
			return phase.kind === 'asking' && here && step?.does.kind === 'by-hand'
				? undefined
				: 'There is nothing to do by hand now.';

		case 'step.skipped':
		case 'step.done-by-hand': {
			if (phase.kind === 'stopped') {
				return 'The incident is closed.';
			}

			const attempt = 'attempt' in phase ? phase.attempt : nextAttempt(incident, event.step);
			if (!('step' in phase) || phase.step !== event.step || attempt !== event.attempt) {
				return 'That step is not the current one.';
			}

			if (phase.kind === 'running' && currentVisit(incident)?.effect !== 'read') {
				return 'A change is under way: wait for its end.';
			}

			if (phase.kind === 'unsure' && event.type === 'step.skipped') {
				return 'This change may have happened: say by hand what became of it, or ask again.';
			}

			return step && Object.hasOwn(step.outcomes, event.outcome)
				? undefined
				: `This step has no outcome "${event.outcome}".`;
		}

		case 'step.retried':
			return (phase.kind === 'stuck' || phase.kind === 'unsure') && here ? undefined : 'There is nothing to try again.';

		case 'decision.reopened': {
			if (phase.kind === 'stopped') {
				return 'The incident is closed.';
			}

			if (phase.kind === 'unsure' || (phase.kind === 'running' && currentVisit(incident)?.effect !== 'read')) {
				return 'A change is under way or unresolved: another one must not begin.';
			}

			if (incident.runbook.decide === undefined) {
				return 'This runbook has no step to decide in.';
			}

			return 'step' in phase && phase.step === incident.runbook.decide ? 'You are deciding now.' : undefined;
		}

		default:
			return 'That is not a person’s word.';
	}
}

/** An option that is shown as impossible cannot be taken. */
function refuseOption(incident: Incident, option: string): string | undefined {
	const asked = currentVisit(incident)?.asked;
	const offered = asked?.kind === 'choose' ? asked.options.find(({key}) => key === option) : undefined;
	return offered ? offered.blocked : `"${option}" is not offered.`;
}

/** "unknown" is an answer; none is not. Only what was shown can be ticked. */
function refuseAnswers(incident: Incident, answers: JsonObject): string | undefined {
	const asked = currentVisit(incident)?.asked;
	for (const {name, type, options} of asked?.kind === 'ask' ? asked.questions : []) {
		const answer = Object.hasOwn(answers, name) ? answers[name] : undefined;
		if (answer === undefined) {
			return `"${name}" has no answer yet.`;
		}

		const shown = options.map(option => JSON.stringify(option));
		if (type === 'tick' && Array.isArray(answer) && !answer.every(each => shown.includes(JSON.stringify(each)))) {
			return `"${name}" ticks something that was not shown.`;
		}
	}

	return undefined;
}
