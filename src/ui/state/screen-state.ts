import {type AskedQuestion, proposedTime} from '../../domain/incident/asked.ts';
import type {Happening} from '../../domain/incident/event.ts';
import type {JsonObject} from '../../domain/json.ts';
import type {SessionView} from '../../engine/session/session.ts';
import type {Tone} from '../draw/theme.ts';
import {emptyField, type Field, fieldOf} from './field.ts';
import {freshLog, type LogState} from './log.ts';
import type {Palette} from './palette.ts';
import type {Situation} from './situation.ts';

/** What only the screen knows: what the person looks at, and what is typed but not yet sent. */
export type ScreenState = {
	/** The situation that the first group belongs to; another situation starts it anew. */
	situation: string;
	arrivedAt: number;
	cursor: number;
	offset: number;
	field: Field;
	answers: JsonObject;
	ticked: readonly number[];
	/** The groups of a plan whose rows are shown. */
	opened: readonly string[];

	focus: 'field' | 'main' | 'log';
	dialog?: Dialog;
	page?: Page;
	/** `next`: what the person was to do then; once that is something else, the message is over. */
	message?: {text: string; tone: Tone; next?: string};
	/** Enter was pressed with nothing ticked: once more, it is the answer. */
	isNoneMeant?: boolean;
	log: LogState;
	/** `auto`: while something runs. */
	logShown: 'auto' | 'yes' | 'no';
	zoomed: boolean;
};

/** A question the screen asks before it sends something to the session. */
export type Dialog =
	/** About one item of a plan. `phrase`: what has to be typed to order it again. */
	| {kind: 'item-skip' | 'item-by-hand'; item: string; title: string; field: Field}
	| {kind: 'item-again'; item: string; title: string; phrase: string; field: Field}
	| {kind: 'note' | 'back' | 'could-not' | 'search'; field: Field}
	/** First which outcome, then why. */
	| {kind: 'skip' | 'by-hand'; outcomes: string[]; cursor: number; chosen: boolean; field: Field}
	| {kind: 'leave'}
	| {kind: 'decline'}
	| Palette;

/** What covers the step for a moment. `visit` counts visits from 0. */
type Page = {offset: number} & ({kind: 'help'} | {kind: 'prose'} | {kind: 'visit'; visit: number; cursor: number});

/** What a key asks of the session and of the terminal. */
export type ScreenEffect =
	| {kind: 'send'; event: Happening}
	| {kind: 'proceed'}
	| {kind: 'leave'; reason: 'interrupted' | 'left'}
	| {kind: 'exit'}
	| {kind: 'copy'; text: string}
	| {kind: 'suspend'};

export type Transition = [ScreenState, ScreenEffect[]];

/** How much is in sight on the screen as it is now. */
export type Extent = {
	/** Lines of the main pane that are in sight, and how far it can be scrolled back and on from where it stands. */
	main: {height: number; before: number; end: number};
	/** 0: the log is not shown. */
	logHeight: number;
};

/** Everything that the meaning of a key depends on, beside the state of the screen. */
export type UpdateContext = Extent & {
	view: SessionView;
	situation: Situation;
	now: number;
	journalFolder: string;
};

export function freshState(situation: Situation, now: number): ScreenState {
	return {...beginning(situation, now), log: freshLog, logShown: 'auto', zoomed: false};
}

/** The same state in the situation that holds now. What is typed into a note is kept when a step ends meanwhile. */
export function settle(state: ScreenState, situation: Situation, now: number): ScreenState {
	if (state.situation === situation.id) {
		return state;
	}

	const {dialog, page, log, logShown, zoomed, focus} = state;
	const keepsDialog = dialog?.kind === 'note' || dialog?.kind === 'leave';
	const fresh = beginning(situation, now);
	const staysInLog = focus === 'log' && situation.kind !== 'gate';
	return {
		...fresh,
		log,
		logShown,
		zoomed: zoomed && staysInLog,
		focus: staysInLog ? 'log' : fresh.focus,
		...(keepsDialog ? {dialog} : {}),
		...(page?.kind === 'help' ? {page} : {}),
	};
}

/** Shows a message in the line above the keys, until the next key. */
export function withMessage(state: ScreenState, text: string, tone: Tone = 'warn'): Transition {
	return [{...state, message: {text, tone}}, []];
}

/** The question that is open, and its number from 0. */
export function questionAt(questions: readonly AskedQuestion[], answers: JsonObject): [AskedQuestion?, number?] {
	const at = questions.findIndex(({name}) => !Object.hasOwn(answers, name));
	return at === -1 ? [] : [questions[at]!, at];
}

type Beginning = Pick<
	ScreenState,
	'situation' | 'arrivedAt' | 'cursor' | 'offset' | 'field' | 'answers' | 'ticked' | 'opened' | 'focus'
>;

function beginning(situation: Situation, now: number): Beginning {
	const start = {situation: situation.id, arrivedAt: now, cursor: 0, offset: 0, answers: {}, opened: []};
	const first = situation.kind === 'ask' ? situation.questions[0] : undefined;
	return first
		? {...start, ...openQuestion(first)}
		: {...start, field: emptyField, ticked: [], focus: situation.kind === 'gate' ? 'field' : 'main'};
}

/** A question starts from its default. A proposed time stands above an empty field: typing another deletes nothing. */
export function openQuestion(
	question: AskedQuestion,
): Pick<ScreenState, 'field' | 'ticked' | 'focus' | 'cursor' | 'isNoneMeant'> {
	const given = question.default;
	const ticks = Array.isArray(given) ? given.map(each => JSON.stringify(each)) : [];
	const ticked = question.options.flatMap((option, at) => (ticks.includes(JSON.stringify(option)) ? [at] : []));
	return question.type === 'tick' || question.type === 'pick'
		? {field: emptyField, ticked, focus: 'main', cursor: 0, isNoneMeant: false}
		: {
				field: fieldOf(typeof given === 'string' && proposedTime(question) === undefined ? given : ''),
				ticked: [],
				focus: 'field',
				cursor: 0,
			};
}
