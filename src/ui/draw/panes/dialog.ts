import type {Happening} from '../../../domain/incident/event.ts';
import {currentStep, currentVisit, type Incident, nextAttempt} from '../../../domain/incident/incident.ts';
import {stampOf} from '../../../domain/machine/moves.ts';
import {refusal} from '../../../domain/machine/refusals.ts';
import type {Intent} from '../../state/keymap.ts';
import type {Press} from '../../state/press.ts';
import type {ScreenState, Stage, Turn} from '../../state/screen-state.ts';
import {tell} from '../../state/screen-state.ts';
import {edit, emptyField, type Field} from './field.ts';
import {type Palette, pressInPalette} from './palette.ts';

/** A question the screen asks before it says something to the session. */
export type Dialog =
	| {is: 'note' | 'back' | 'could-not'; field: Field}
	| {is: 'search'; field: Field}
	/** First which outcome, then why. */
	| {is: 'skip' | 'by-hand'; outcomes: string[]; cursor: number; chosen: boolean; field: Field}
	| {is: 'leave'}
	| {is: 'decline'}
	| Palette;

type WithOutcome = Extract<Dialog, {outcomes: string[]}>;

type OpenedByKey = 'note' | 'back' | 'could-not' | 'search' | 'skip' | 'by-hand' | 'leave' | 'decline';

/** Opens it, or says why it cannot be answered anyway: nobody types a reason for nothing. */
export function openDialog(is: OpenedByKey, state: ScreenState, stage: Stage): Turn {
	const {incident} = stage.view;
	switch (is) {
		case 'skip':
		case 'by-hand': {
			const outcomes = Object.keys(currentStep(incident)?.outcomes ?? {});
			const refused = refusal(incident, endingOf(is, incident, outcomes[0] ?? '', ''));
			return refused === undefined
				? [{...state, dialog: {is, outcomes, cursor: 0, chosen: outcomes.length === 1, field: emptyField}}, []]
				: tell(state, refused);
		}

		case 'back': {
			const refused = refusal(incident, {type: 'decision.reopened', reason: ''});
			return refused === undefined ? [{...state, dialog: {is, field: emptyField}}, []] : tell(state, refused);
		}

		case 'note':
			return incident.phase.is === 'stopped'
				? tell(state, 'The incident is closed: its record is sealed.')
				: [{...state, dialog: {is, field: emptyField}}, []];

		case 'leave':
		case 'decline':
			return [{...state, dialog: {is}}, []];

		default:
			return [{...state, dialog: {is, field: emptyField}}, []];
	}
}

/** What a dialog leads to outside of itself. */
export type Ways = {
	search(state: ScreenState, text: string): ScreenState;
	run(state: ScreenState, intent: Intent): Turn;
};

/** One key while a dialog is open. */
export function pressInDialog(
	dialog: Dialog,
	state: ScreenState,
	press: Press,
	stage: Stage,
	{search, run}: Ways,
): Turn {
	const {dialog: _, ...closed} = state;
	if (dialog.is === 'leave') {
		return press === 'y' || press === 'enter' ? [closed, [{do: 'leave', reason: 'left'}]] : [closed, []];
	}

	if (dialog.is === 'decline') {
		const visit = currentVisit(stage.view.incident);
		return visit && (press === 'y' || press === 'esc')
			? [closed, [{do: 'say', happening: {type: 'gate.answered', answer: 'decline', ...stampOf(visit)}}]]
			: [closed, []];
	}

	if (press === 'esc') {
		return [closed, []];
	}

	if (dialog.is === 'command') {
		const next = pressInPalette(dialog, press);
		return 'run' in next
			? run(closed, next.run)
			: 'open' in next
				? [{...state, dialog: next.open}, []]
				: tell(state, next.refused);
	}

	if ('outcomes' in dialog && !dialog.chosen) {
		const last = dialog.outcomes.length - 1;
		const to = {up: -1, k: -1, down: 1, j: 1}[press];
		return press === 'enter'
			? [{...state, dialog: {...dialog, chosen: true}}, []]
			: [{...state, dialog: {...dialog, cursor: Math.min(last, Math.max(0, dialog.cursor + (to ?? 0)))}}, []];
	}

	if (press !== 'enter') {
		const field = edit(dialog.field, press);
		return [field ? {...state, dialog: {...dialog, field}} : state, []];
	}

	const text = dialog.field.text.trim();
	if (dialog.is === 'search') {
		return [text === '' ? closed : search(closed, text), []];
	}

	return text === ''
		? tell(state, dialog.is === 'note' ? 'A note needs some words; esc leaves it.' : 'Say why; esc turns back.')
		: [closed, [{do: 'say', happening: saidBy(dialog, text, stage.view.incident)}]];
}

function saidBy(
	dialog: WithOutcome | {is: 'note' | 'back' | 'could-not'},
	text: string,
	incident: Incident,
): Happening {
	switch (dialog.is) {
		case 'note':
			return {type: 'note.added', text};
		case 'back':
			return {type: 'decision.reopened', reason: text};
		case 'could-not':
			return {type: 'hand.reported', outcome: 'could-not', why: text, ...stampNow(incident)};
		default:
			return endingOf(dialog.is, incident, outcomeOf(dialog), text);
	}
}

function endingOf(is: 'skip' | 'by-hand', incident: Incident, outcome: string, reason: string): Happening {
	return {type: is === 'skip' ? 'step.skipped' : 'step.done-by-hand', outcome, reason, ...stampNow(incident)};
}

export function outcomeOf(dialog: WithOutcome): string {
	return dialog.outcomes[dialog.cursor] ?? '';
}

/** A step that has not begun is skipped in the visit it would have had. */
function stampNow(incident: Incident): {step: string; attempt: number} {
	const {phase} = incident;
	return 'attempt' in phase
		? stampOf(phase)
		: 'step' in phase
			? {step: phase.step, attempt: nextAttempt(incident, phase.step)}
			: {step: '', attempt: 0};
}
