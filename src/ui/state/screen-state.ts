import type {Happening} from '../../domain/incident/event.ts';
import type {Json, JsonObject} from '../../domain/json.ts';
import type {SessionView} from '../../engine/session/session.ts';
import type {Dialog} from '../draw/panes/dialog.ts';
import {emptyField, type Field, fieldOf} from '../draw/panes/field.ts';
import {freshLog, type LogState} from '../draw/panes/log.ts';
import type {Tone} from '../draw/theme.ts';
import type {AskedQuestion, Scene} from './scene.ts';

/** What only the screen knows: where the person is looking, and what is typed but not yet said. */
export type ScreenState = {
	/** Of which scene the first group is; another scene begins it anew. */
	place: string;
	arrivedAt: number;
	cursor: number;
	offset: number;
	field: Field;
	answers: JsonObject;
	ticked: readonly number[];

	focus: 'field' | 'main' | 'log';
	dialog?: Dialog;
	page?: Page;
	message?: {text: string; tone: Tone};
	log: LogState;
	/** `auto`: while something runs. */
	logShown: 'auto' | 'yes' | 'no';
	zoomed: boolean;
};

/** What covers the step for a moment. `visit` counts visits from 0. */
export type Page = {offset: number} & ({is: 'help'} | {is: 'prose'} | {is: 'visit'; visit: number; cursor: number});

/** What is asked of the world outside the screen. */
export type Order =
	| {do: 'say'; happening: Happening}
	| {do: 'proceed'}
	| {do: 'leave'; reason: 'interrupted' | 'left'}
	| {do: 'exit'}
	| {do: 'copy'; text: string}
	| {do: 'suspend'};

export type Turn = [ScreenState, Order[]];

/** Everything a key may depend on. */
export type Stage = {
	view: SessionView;
	scene: Scene;
	now: number;
	journalFolder: string;
	/** How much of the step is in sight, and how far it can be scrolled back and on from there. */
	main: {height: number; before: number; end: number};
	/** 0: the log is not shown. */
	logHeight: number;
};

export function freshState(scene: Scene, now: number): ScreenState {
	return {...beginning(scene, now), log: freshLog, logShown: 'auto', zoomed: false};
}

/** The same state in the scene that holds now. What is typed into a note is not lost when a step ends meanwhile. */
export function settle(state: ScreenState, scene: Scene, now: number): ScreenState {
	if (state.place === scene.place) {
		return state;
	}

	const {dialog, page, log, logShown, zoomed, focus} = state;
	const keeps = dialog?.is === 'note' || dialog?.is === 'leave';
	const fresh = beginning(scene, now);
	const staysInLog = focus === 'log' && scene.kind !== 'gate';
	return {
		...fresh,
		log,
		logShown,
		zoomed: zoomed && staysInLog,
		focus: staysInLog ? 'log' : fresh.focus,
		...(keeps ? {dialog} : {}),
		...(page?.is === 'help' ? {page} : {}),
	};
}

export function tell(state: ScreenState, text: string, tone: Tone = 'warn'): Turn {
	return [{...state, message: {text, tone}}, []];
}

/** The question that is being asked, and which one it is. */
export function questionAt(questions: readonly AskedQuestion[], answers: JsonObject): [AskedQuestion?, number?] {
	const at = questions.findIndex(({name}) => !Object.hasOwn(answers, name));
	return at === -1 ? [] : [questions[at]!, at];
}

type Beginning = Pick<
	ScreenState,
	'place' | 'arrivedAt' | 'cursor' | 'offset' | 'field' | 'answers' | 'ticked' | 'focus'
>;

function beginning(scene: Scene, now: number): Beginning {
	const place = {place: scene.place, arrivedAt: now, cursor: 0, offset: 0, answers: {}};
	const first = scene.kind === 'ask' ? scene.questions[0] : undefined;
	return first
		? {...place, ...questionBegins(first)}
		: {...place, field: emptyField, ticked: [], focus: scene.kind === 'gate' ? 'field' : 'main'};
}

/** What a question starts from: its default. */
export function questionBegins(question: AskedQuestion): Pick<ScreenState, 'field' | 'ticked' | 'focus' | 'cursor'> {
	const given = question.default;
	const ticks = Array.isArray(given) ? given.map(each => JSON.stringify(each)) : [];
	const ticked = tickOptions(question).flatMap((option, at) => (ticks.includes(JSON.stringify(option)) ? [at] : []));
	return question.type === 'tick'
		? {field: emptyField, ticked, focus: 'main', cursor: 0}
		: {field: fieldOf(typeof given === 'string' ? given : ''), ticked: [], focus: 'field', cursor: 0};
}

export function tickOptions({options}: AskedQuestion): Json[] {
	return Array.isArray(options) ? options : [];
}
