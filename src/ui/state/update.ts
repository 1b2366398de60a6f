import {openDialog, pressInDialog} from '../draw/panes/dialog.ts';
import {edit, emptyField, insert} from '../draw/panes/field.ts';
import {find} from '../draw/panes/log.ts';
import {picksOf} from '../draw/results/result.ts';
import {screenOf} from '../screens/screens.ts';
import {type Intent, intentOf, isKnownKey, type When} from './keymap.ts';
import {look, move} from './looking.ts';
import type {Press} from './press.ts';
import type {Scene} from './scene.ts';
import type {ScreenState, Stage, Turn} from './screen-state.ts';
import {settle, tell} from './screen-state.ts';

/** What one key makes of the screen, and what it asks of the world. Pure. */
export function update(before: ScreenState, press: Press, stage: Stage): Turn {
	const {message: _, ...state} = settle(before, stage.scene, stage.now);
	if (press === 'ctrl-c') {
		return act('interrupt', state, stage);
	}

	if (state.dialog) {
		return pressInDialog(state.dialog, state, press, stage, {
			search: (closed, text) => search(closed, text, stage),
			run: (closed, intent) => act(intent, closed, stage),
		});
	}

	const places = placesOf(state, stage.scene);
	const intent = intentOf(press, places);
	if (places.includes('typing')) {
		return type(state, press, intent, stage);
	}

	return intent === undefined ? explain(state, press, stage) : act(intent, state, stage);
}

/** A paste types into the field that is open; nowhere else does it press keys. */
export function paste(before: ScreenState, text: string, stage: Stage): Turn {
	const state = settle(before, stage.scene, stage.now);
	const {dialog} = state;
	if (dialog && 'field' in dialog && !('outcomes' in dialog && !dialog.chosen)) {
		return [{...state, dialog: {...dialog, field: insert(dialog.field, text)}}, []];
	}

	return state.focus === 'field' && !state.page
		? [{...state, field: insert(state.field, text)}, []]
		: tell(state, 'Nothing is being typed here: the paste was left out.');
}

/** Where keys are looked up, the nearest first. */
export function placesOf({focus, page, log}: ScreenState, scene: Scene): When[] {
	if (page) {
		return ['page', 'anywhere'];
	}

	const {places, submit} = screenOf(scene);
	if (focus === 'field') {
		return [...places.filter(place => place === 'gate'), 'typing'];
	}

	return focus === 'log'
		? [...(log.search === '' ? [] : (['found'] as const)), 'log', 'anywhere']
		: [...places, ...(submit ? (['answerable'] as const) : []), 'anywhere'];
}

function type(state: ScreenState, press: Press, intent: Intent | undefined, stage: Stage): Turn {
	const {scene} = stage;
	const screen = screenOf(scene);
	switch (intent) {
		case 'submit':
			return screen.submit?.(scene, state, state.field.text.trim(), stage) ?? [state, []];
		case 'cancel':
		case 'decline':
			return screen.act?.(scene, state, intent, stage) ?? [{...state, focus: 'main'}, []];
		case 'focus':
		case 'up':
		case 'down':
		case 'page-up':
		case 'page-down':
			return act(intent, state, stage);
		default: {
			// Nothing that is asked for begins with it, and it is the key people try first.
			if (press === '?' && state.field.text === '') {
				return act('help', state, stage);
			}

			const field = edit(state.field, press);
			return [field ? {...state, field} : state, []];
		}
	}
}

function act(intent: Intent, state: ScreenState, stage: Stage): Turn {
	const {scene, view} = stage;
	const own = state.page ? undefined : screenOf(scene).act?.(scene, state, intent, stage);
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
			return [move(intent, state, stage), []];

		case 'earlier':
			return look(state, stage, -1);
		case 'later':
			return look(state, stage, 1);

		case 'note':
		case 'skip':
		case 'by-hand':
		case 'back':
		case 'leave':
			return openDialog(intent, state, stage);
		case 'command': {
			const {page: _, ...uncovered} = state;
			const places = placesOf(uncovered, scene);
			return [{...uncovered, dialog: {is: 'command', field: emptyField, places, cursor: 0}}, []];
		}

		case 'search':
			return view.live.lines.length === 0
				? tell(state, 'The log is empty.')
				: openDialog('search', {...state, focus: 'log', logShown: 'yes'}, stage);
		case 'find-next':
		case 'find-previous':
			return [search(state, state.log.search, stage, intent === 'find-next'), []];

		case 'help':
			return [{...state, page: {is: 'help', offset: 0}}, []];
		case 'prose':
			return [{...state, page: {is: 'prose', offset: 0}}, []];
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
			return [{...state, focus: nextFocus(state, stage)}, []];

		case 'copy':
			return copy(state, stage);
		case 'interrupt':
			return [state, [ended(stage) ? {do: 'exit'} : {do: 'leave', reason: 'interrupted'}]];
		case 'suspend':
			return [state, [{do: 'suspend'}]];
		default:
			return [state, []];
	}
}

/** A key that does nothing here says why. */
function explain(state: ScreenState, press: Press, {scene}: Stage): Turn {
	const next = screenOf(scene).next(scene);
	return tell(
		state,
		isKnownKey(press) ? `${press} has nothing to do here. ${next}` : `${press} is not a key here; ? shows them.`,
	);
}

function search(state: ScreenState, text: string, {view}: Stage, forward = false): ScreenState {
	const log = find(state.log, text, forward, view.live.lines);
	return log.found === undefined
		? {...state, log: {...log, search: ''}, message: {text: `"${text}" is not in the log.`, tone: 'warn'}}
		: {...state, log};
}

function copy(state: ScreenState, {scene, view, journalFolder}: Stage): Turn {
	const screen = screenOf(scene);
	const {page} = state;
	const picked =
		page?.is === 'visit'
			? picksOf(view.incident.visits[page.visit]!)[page.cursor]
			: (screen.picks?.(scene, state)[state.cursor] ?? screen.copy?.(scene));
	return [state, [{do: 'copy', text: picked ?? journalFolder}]];
}

function nextFocus(state: ScreenState, {scene, logHeight}: Stage): ScreenState['focus'] {
	const asksText = screenOf(scene).submit !== undefined && !(screenOf(scene).picks?.(scene, state).length ?? 0);
	const order: ScreenState['focus'][] = [
		...(asksText ? (['field'] as const) : []),
		'main',
		...(logHeight > 0 ? (['log'] as const) : []),
	];
	return order[(order.indexOf(state.focus) + 1) % order.length]!;
}

/** The record is closed, or cannot be kept: there is nothing to leave in good order any more. */
function ended({view, scene}: Stage): boolean {
	return view.halted !== undefined || scene.kind === 'stopped';
}
