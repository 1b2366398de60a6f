import {refusal} from '../../domain/machine/refusals.ts';
import {picksOf} from '../draw/results/result.ts';
import {screenOf} from '../screens/screens.ts';
import {openDialog, pressInDialog} from './dialog.ts';
import {edit, emptyField, insert} from './field.ts';
import {type Intent, intentOf, isKnownKey, type KeyScope} from './keymap.ts';
import {move, nextFocus, search, showVisit} from './navigation.ts';
import type {Press} from './press.ts';
import {type ScreenState, settle, type Transition, type UpdateContext, withMessage} from './screen-state.ts';
import type {Situation} from './situation.ts';

/** The screen after one key, and what the key asks of the session and the terminal. Pure. */
export function update(before: ScreenState, press: Press, context: UpdateContext): Transition {
	const {message: _, ...state} = settle(before, context.situation, context.now);
	if (press === 'ctrl-c') {
		return act('interrupt', state, context);
	}

	if (state.dialog) {
		return pressInDialog(state.dialog, state, press, {
			incident: context.view.incident,
			search: (closed, text) => search(closed, text, context),
			run: (closed, intent) => act(intent, closed, context),
		});
	}

	const scopes = scopesOf(state, context.situation);
	const intent = intentOf(press, scopes);
	if (scopes.includes('typing')) {
		return type(state, press, intent, context);
	}

	return intent === undefined ? explain(state, press, context) : act(intent, state, context);
}

/** A paste goes into the field that is open. It never presses keys. */
export function paste(before: ScreenState, text: string, context: UpdateContext): Transition {
	const state = settle(before, context.situation, context.now);
	const {dialog} = state;
	if (dialog && 'field' in dialog && !('outcomes' in dialog && !dialog.chosen)) {
		return [{...state, dialog: {...dialog, field: insert(dialog.field, text)}}, []];
	}

	return state.focus === 'field' && !state.page
		? [{...state, field: insert(state.field, text)}, []]
		: withMessage(state, 'No text field is open: the paste was ignored.');
}

/** The scopes that hold now, the nearest first. */
export function scopesOf(state: ScreenState, situation: Situation): KeyScope[] {
	const {focus, page, log} = state;
	if (page) {
		return ['page', 'anywhere'];
	}

	const {scopesFor, submit, scopes} = screenOf(situation);
	const own = scopesFor?.(situation, state) ?? scopes;
	if (focus === 'field') {
		return [...own.filter(scope => scope === 'gate'), 'typing'];
	}

	return focus === 'log'
		? [...(log.search === '' ? [] : (['found'] as const)), 'log', 'anywhere']
		: [...own, ...(submit ? (['answerable'] as const) : []), 'anywhere'];
}

function type(state: ScreenState, press: Press, intent: Intent | undefined, context: UpdateContext): Transition {
	const {situation} = context;
	const screen = screenOf(situation);
	switch (intent) {
		case 'submit':
			return screen.submit?.(situation, state, state.field.text.trim(), context) ?? [state, []];
		case 'cancel':
		case 'decline':
			return screen.act?.(situation, state, intent, context) ?? [{...state, focus: 'main'}, []];
		case 'focus':
		case 'up':
		case 'down':
		case 'page-up':
		case 'page-down':
			return act(intent, state, context);
		default: {
			// No answer begins with it, and it is the key people try first.
			if (press === '?' && state.field.text === '') {
				return act('help', state, context);
			}

			const field = edit(state.field, press);
			return [field ? {...state, field} : state, []];
		}
	}
}

function act(intent: Intent, state: ScreenState, context: UpdateContext): Transition {
	const {situation, view} = context;
	const own = state.page ? undefined : screenOf(situation).act?.(situation, state, intent, context);
	if (own) {
		return own;
	}

	switch (intent) {
		case 'up':
		case 'down':
		case 'page-up':
		case 'page-down':
		case 'first':
		case 'last':
			return [move(intent, state, context), []];

		case 'earlier':
			return showVisit(state, context, -1);
		case 'later':
			return showVisit(state, context, 1);

		case 'note':
		case 'skip':
		case 'by-hand':
		case 'back':
		case 'leave':
			return openDialog(intent, state, context);
		case 'suspend-next': {
			const refused = refusal(view.incident, {type: 'hold.asked'});
			return refused === undefined
				? [state, [{kind: 'send', event: {type: 'hold.asked'}}]]
				: withMessage(state, refused);
		}

		case 'command': {
			const {page: _, ...uncovered} = state;
			const scopes = scopesOf(uncovered, situation);
			return [{...uncovered, dialog: {kind: 'command', field: emptyField, scopes, cursor: 0}}, []];
		}

		case 'search':
			return view.live.lines.length === 0
				? withMessage(state, 'The log is empty.')
				: openDialog('search', {...state, focus: 'log', logShown: 'yes'}, context);
		case 'find-next':
		case 'find-previous':
			return [search(state, state.log.search, context, intent === 'find-next'), []];

		case 'help':
			return [{...state, page: {kind: 'help', offset: 0}}, []];
		case 'prose':
			return [{...state, page: {kind: 'prose', offset: 0}}, []];
		case 'close-page': {
			const {page: _, ...rest} = state;
			return [rest, []];
		}

		case 'log':
			return state.focus === 'log'
				? [{...state, focus: 'main', logShown: 'no', zoomed: false}, []]
				: [{...state, focus: 'log', logShown: 'yes'}, []];
		case 'leave-log':
			return [{...state, focus: 'main', zoomed: false}, []];
		case 'zoom':
			return [{...state, zoomed: !state.zoomed}, []];
		case 'focus':
			return [{...state, focus: nextFocus(state, context)}, []];

		case 'copy':
			return [state, [{kind: 'copy', text: textToCopy(state, context)}]];
		case 'interrupt':
			return [state, [hasEnded(context) ? {kind: 'exit'} : {kind: 'leave', reason: 'interrupted'}]];
		case 'suspend':
			return [state, [{kind: 'suspend'}]];
		default:
			return [state, []];
	}
}

/** A key that does nothing here says why. */
function explain(state: ScreenState, press: Press, {situation}: UpdateContext): Transition {
	if (!isKnownKey(press)) {
		return withMessage(state, `${press} is not a key; ? shows the keys.`);
	}

	const next = screenOf(situation).next(situation, state);
	return [{...state, message: {text: `${press} does nothing here. ${next}`, tone: 'warn', next}}, []];
}

/** What is picked; else what the screen is about; else where the journal is. */
function textToCopy(state: ScreenState, {situation, view, journalFolder}: UpdateContext): string {
	const screen = screenOf(situation);
	const {page} = state;
	const picked =
		page?.kind === 'visit'
			? picksOf(view.incident.visits[page.visit]!)[page.cursor]
			: (screen.picks?.(situation, state)[state.cursor] ?? screen.copy?.(situation));
	return picked ?? journalFolder;
}

/** The journal is sealed or cannot be written: there is no session to leave in good order. */
function hasEnded({view, situation}: UpdateContext): boolean {
	return view.halted !== undefined || situation.kind === 'stopped';
}
