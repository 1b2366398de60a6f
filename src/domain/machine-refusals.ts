import type {Happening} from './event.ts';
import {currentStep, currentVisit, type Incident} from './incident.ts';

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
			return undefined;

		case 'gate.answered':
			return phase.is === 'gate' && here ? undefined : 'No gate is open here.';

		case 'choice.made':
			if (phase.is !== 'asking' || !here || step?.does.kind !== 'choose') {
				return 'There is nothing to choose now.';
			}

			return refuseOption(incident, event.option);

		case 'answers.given':
			return phase.is === 'asking' && here && step?.does.kind === 'ask' ? undefined : 'Nothing is asked now.';

		case 'hand.reported':
			return phase.is === 'asking' && here && step?.does.kind === 'by-hand'
				? undefined
				: 'There is nothing to do by hand now.';

		case 'step.skipped':
		case 'step.done-by-hand': {
			if (phase.is === 'stopped') {
				return 'The incident is closed.';
			}

			if (!('step' in phase) || phase.step !== event.step) {
				return 'That step is not the current one.';
			}

			if (phase.is === 'running' && currentVisit(incident)?.effect !== 'read') {
				return 'A change is under way: wait for its end.';
			}

			if (phase.is === 'unsure' && event.type === 'step.skipped') {
				return 'This change may have happened: say by hand what became of it, or ask again.';
			}

			return step && Object.hasOwn(step.outcomes, event.outcome)
				? undefined
				: `This step has no outcome "${event.outcome}".`;
		}

		case 'step.retried':
			return (phase.is === 'stuck' || phase.is === 'unsure') && phase.step === event.step
				? undefined
				: 'There is nothing to try again.';

		case 'decision.reopened': {
			if (phase.is === 'stopped') {
				return 'The incident is closed.';
			}

			if (phase.is === 'unsure' || (phase.is === 'running' && currentVisit(incident)?.effect !== 'read')) {
				return 'A change is under way or unresolved: another one must not begin.';
			}

			if (incident.runbook.decide === undefined) {
				return 'This runbook has no step to decide in.';
			}

			return 'step' in phase && phase.step === incident.runbook.decide ? 'You are deciding now.' : undefined;
		}

		default:
			return undefined;
	}
}

/** An option that is shown as impossible cannot be taken. */
function refuseOption(incident: Incident, option: string): string | undefined {
	const offered = currentVisit(incident)?.with.options;
	const found = Array.isArray(offered)
		? offered.find(each => typeof each === 'object' && each !== null && !Array.isArray(each) && each.key === option)
		: undefined;
	if (!found || typeof found !== 'object' || Array.isArray(found)) {
		return `"${option}" is not offered.`;
	}

	return typeof found.blocked === 'string' ? found.blocked : undefined;
}
