import type {Happening} from '../../domain/incident/event.ts';
import {currentStep, currentVisit, type Incident, nextAttempt} from '../../domain/incident/incident.ts';
import {stampOf} from '../../domain/machine/effects.ts';
import {refusal} from '../../domain/machine/refusals.ts';
import {clamp} from '../clamp.ts';
import {edit, emptyField} from './field.ts';
import type {Intent} from './keymap.ts';
import {pressInPalette} from './palette.ts';
import type {Press} from './press.ts';
import {type Dialog, type ScreenState, type Transition, type UpdateContext, withMessage} from './screen-state.ts';

type OutcomeDialog = Extract<Dialog, {outcomes: string[]}>;
type TextDialog = Extract<Dialog, {kind: 'note' | 'back' | 'could-not' | 'search'}>;
type ItemDialog = Extract<Dialog, {item: string}>;

/** Opens a dialog, or says why its answer would be refused: nobody types a reason in vain. */
export function openDialog(
	kind: Exclude<Dialog['kind'], 'command' | ItemDialog['kind']>,
	state: ScreenState,
	{view: {incident}}: UpdateContext,
): Transition {
	switch (kind) {
		case 'skip':
		case 'by-hand': {
			const outcomes = Object.keys(currentStep(incident)?.outcomes ?? {});
			const refused = refusal(incident, endingOf(kind, incident, outcomes[0] ?? '', ''));
			return refused === undefined
				? [{...state, dialog: {kind, outcomes, cursor: 0, chosen: outcomes.length === 1, field: emptyField}}, []]
				: withMessage(state, refused);
		}

		case 'back': {
			const refused = refusal(incident, {type: 'decision.reopened', reason: ''});
			return refused === undefined ? [{...state, dialog: {kind, field: emptyField}}, []] : withMessage(state, refused);
		}

		case 'note':
			return incident.phase.kind === 'stopped'
				? withMessage(state, 'The incident is closed: its journal is sealed.')
				: [{...state, dialog: {kind, field: emptyField}}, []];

		case 'leave':
		case 'decline':
			return [{...state, dialog: {kind}}, []];

		default:
			return [{...state, dialog: {kind, field: emptyField}}, []];
	}
}

/** What a dialog leads to outside of itself. */
type DialogExits = {
	search(state: ScreenState, text: string): ScreenState;
	run(state: ScreenState, intent: Intent): Transition;
};

/** One key while a dialog is open. */
export function pressInDialog(
	dialog: Dialog,
	state: ScreenState,
	press: Press,
	{incident, search, run}: DialogExits & {incident: Incident},
): Transition {
	const {dialog: _, ...closed} = state;
	if (dialog.kind === 'leave') {
		return press === 'y' || press === 'enter' ? [closed, [{kind: 'leave', reason: 'left'}]] : [closed, []];
	}

	if (dialog.kind === 'decline') {
		const visit = currentVisit(incident);
		return visit && (press === 'y' || press === 'esc')
			? [closed, [{kind: 'send', event: {type: 'gate.answered', answer: 'decline', ...stampOf(visit)}}]]
			: [closed, []];
	}

	if (press === 'esc') {
		return [closed, []];
	}

	if (dialog.kind === 'command') {
		const next = pressInPalette(dialog, press);
		return 'run' in next
			? run(closed, next.run)
			: 'open' in next
				? [{...state, dialog: next.open}, []]
				: withMessage(state, next.refused);
	}

	if ('outcomes' in dialog && !dialog.chosen) {
		const by = {up: -1, k: -1, down: 1, j: 1}[press] ?? 0;
		const cursor = clamp(dialog.cursor + by, 0, dialog.outcomes.length - 1);
		return [{...state, dialog: press === 'enter' ? {...dialog, chosen: true} : {...dialog, cursor}}, []];
	}

	if (press !== 'enter') {
		const field = edit(dialog.field, press);
		return [field ? {...state, dialog: {...dialog, field}} : state, []];
	}

	const text = dialog.field.text.trim();
	if (dialog.kind === 'search') {
		return [text === '' ? closed : search(closed, text), []];
	}

	return text === ''
		? withMessage(state, dialog.kind === 'note' ? 'The note is empty; esc goes back.' : 'Give a reason; esc goes back.')
		: [closed, [{kind: 'send', event: eventOf(dialog, text, incident)}]];
}

function eventOf(dialog: OutcomeDialog | TextDialog | ItemDialog, text: string, incident: Incident): Happening {
	switch (dialog.kind) {
		case 'item-skip':
			return {type: 'item.skipped', item: dialog.item, reason: text, ...stampNow(incident)};
		case 'item-by-hand':
			return {type: 'item.done-by-hand', item: dialog.item, reason: text, ...stampNow(incident)};
		case 'item-again':
			return {type: 'item.retried', item: dialog.item, answer: text, ...stampNow(incident)};
		case 'skip':
		case 'by-hand':
			return endingOf(dialog.kind, incident, outcomeOf(dialog), text);
		case 'back':
			return {type: 'decision.reopened', reason: text};
		case 'could-not':
			return {type: 'hand.reported', outcome: 'could-not', why: text, ...stampNow(incident)};
		default:
			return {type: 'note.added', text};
	}
}

function endingOf(kind: OutcomeDialog['kind'], incident: Incident, outcome: string, reason: string): Happening {
	return {type: kind === 'skip' ? 'step.skipped' : 'step.done-by-hand', outcome, reason, ...stampNow(incident)};
}

export function outcomeOf(dialog: OutcomeDialog): string {
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
