import {currentStep, currentVisit} from '../../domain/incident/incident.ts';
import {wrap} from '../../domain/text/wrap.ts';
import type {SessionView} from '../../engine/session/session.ts';
import {isPersonsTurn} from './persons-turn.ts';
import {optionsOf} from './say-asked.ts';

/** What can be answered now, in a sentence; where nobody is asked, what is going on. */
export function sayExpected(view: SessionView): string[] {
	const {incident, held} = view;
	const {phase} = incident;
	const step = currentStep(incident);
	const visit = currentVisit(incident);
	const outcomes = Object.keys(step?.outcomes ?? {}).join(', ');
	if (!isPersonsTurn(view)) {
		return wrap(`Nothing is asked now${step ? `: "${step.title}" is under way` : ''}. Type "help" for what works.`);
	}

	if (held !== undefined) {
		return ['Press enter to begin it.'];
	}

	switch (phase.is) {
		case 'gate':
			// On one line, however long: it is to be typed as it stands.
			return [`Type exactly: ${visit?.gate?.phrase ?? 'approve'}   (or: decline REASON)`];

		case 'unsure':
			return wrap(`Type "again" to look once more, or say what you know: by-hand OUTCOME REASON (${outcomes}).`);

		case 'stuck':
			return wrap(`Type "again" to try once more, or go on with: skip OUTCOME REASON (${outcomes}).`);

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
