import {refusal} from '../../domain/machine/refusals.ts';
import {sayDuration} from '../../domain/text/time.ts';
import type {Progress} from '../../engine/actions/action.ts';
import type {SessionView} from '../../engine/session/session.ts';
import {screenOf} from '../screens/screens.ts';
import {openDialog} from '../state/dialog.ts';
import {barOf, type Intent} from '../state/keymap.ts';
import type {Dialog, ScreenState, UpdateContext} from '../state/screen-state.ts';
import type {Situation} from '../state/situation.ts';
import {scopesOf} from '../state/update.ts';
import {type Formatter, type Row, rowWidth} from './formatter.ts';

type Status = {situation: Situation; view: SessionView; now: number; format: Formatter; columns: number; spin: number};

/** The line above the keys: why a key did nothing, how far the work is, or what comes next. */
export function drawStatus(state: ScreenState, {situation, view, format, columns, now, spin}: Status): Row {
	const {message, page, dialog} = state;
	const line = (text: string) => format.cut(format.row(` ${text}`), columns);
	if (message && (message.next === undefined || message.next === screenOf(situation).next(situation, state))) {
		return format.cut(format.row([` ${message.text}`, message.tone]), columns);
	}

	if (dialog) {
		return line(aboutDialog(dialog));
	}

	if (page) {
		return line('esc goes back to the current step.');
	}

	const isLooking = situation.kind === 'unsure' && !situation.asked && view.live.progress !== undefined;
	if ((situation.kind !== 'working' && !isLooking) || view.halted) {
		return line(view.halted ? 'regmedic has stopped. q leaves.' : screenOf(situation).next(situation, state));
	}

	const {spinner} = format.glyphs;
	const since = Date.parse(situation.visit?.startedAt ?? view.incident.lastAt);
	const elapsed = Math.max(0, now - since);
	const {progress} = view.live;
	const right = format.row([`${sayDuration(elapsed)} `, 'dim']);
	const said = progress
		? sayProgress(progress, elapsed, format)
		: [[situation.visit?.title ?? (situation.kind === 'working' ? situation.step?.title : undefined) ?? 'Working']];
	const [left, ...shorter] = said.map(pieces =>
		format.row([` ${spinner[spin % spinner.length]} `, 'accent'], ...pieces),
	);
	const fitting = [left!, ...shorter].find(row => rowWidth(row) + 1 + rowWidth(right) <= columns);
	return format.spread(fitting ?? shorter.at(-1) ?? left!, right, columns);
}

const barCells = 12;

/** All of it, then less and less, for terminals that have no room. */
function sayProgress({label, done, total}: Progress, elapsed: number, {glyphs}: Formatter): string[][] {
	const counted = done === undefined ? '' : `  ${done}${total === undefined ? '' : `/${total}`}`;
	const seconds = elapsed / 1000;
	const rate = done !== undefined && done > 0 && seconds >= 1 ? done / seconds : undefined;
	const left =
		rate !== undefined && total !== undefined && total > done!
			? `  ${sayDuration(((total - done!) / rate) * 1000)} left`
			: '';
	const share = done !== undefined && total !== undefined && total > 0 ? Math.min(1, done / total) : undefined;
	const full = Math.round((share ?? 0) * barCells);
	const bar =
		share === undefined
			? ''
			: `  ${glyphs.full.repeat(full)}${glyphs.empty.repeat(barCells - full)} ${Math.floor(share * 100)} %`;
	// Where each takes many seconds, a number per second says nothing.
	const speed = rate === undefined || rate < 0.5 ? '' : `  ${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`;
	return [
		[label, counted, bar, speed, left],
		[label, counted, bar, left],
		[label, counted, left],
	];
}

function aboutDialog(dialog: Dialog): string {
	switch (dialog.kind) {
		case 'leave':
			return 'The incident stays open and can be resumed.';
		case 'decline':
			return 'Nothing is changed before you approve.';
		case 'command':
			return 'Type part of a name; the arrows mark another match.';
		case 'search':
			return 'Searches upwards from the line in sight.';
		case 'item-again':
			return 'Nothing begins until you type the exact phrase.';
		case 'note':
			return 'The note is added to the journal.';
		default:
			return 'outcomes' in dialog && !dialog.chosen
				? 'The runbook continues from the outcome you choose.'
				: 'The reason is added to the journal.';
	}
}

/** The keys that work now. The way to the help page stays, however narrow the terminal is. */
export function drawBar(state: ScreenState, context: UpdateContext, format: Formatter, width: number): Row {
	const scopes = scopesOf(state, context.situation);
	const items = state.dialog
		? dialogKeys(state.dialog)
		: barOf(scopes).filter(({intent}) => works(intent, state, context));
	const always = scopes.includes('typing') || state.dialog ? ['ctrl-c', 'leaves at once'] : ['?', 'keys'];
	const right = format.row([always[0]!, 'strong'], ` ${always[1]} `);
	let row = format.row(' ');
	for (const {key, title} of items) {
		const next = [...row, ...format.row([key, 'strong'], ` ${title}   `)];
		if (rowWidth(next) + rowWidth(right) >= width) {
			break;
		}

		row = next;
	}

	return format.spread(row, right, width);
}

function dialogKeys(dialog: Dialog): {key: string; title: string}[] {
	switch (dialog.kind) {
		case 'leave':
			return [
				{key: 'y', title: 'leave'},
				{key: 'esc', title: 'stay'},
			];
		case 'decline':
			return [
				{key: 'y', title: 'decline'},
				{key: 'n', title: 'back to the gate'},
			];
		case 'command':
			return [{key: 'enter', title: 'run it'}, backKey, markKeys];
		case 'search':
			return [{key: 'enter', title: 'search'}, backKey];
		default:
			return 'outcomes' in dialog && !dialog.chosen
				? [{key: 'enter', title: 'choose'}, backKey, markKeys]
				: [{key: 'enter', title: 'add'}, backKey];
	}
}

const markKeys = {key: 'up down', title: 'mark'};
const backKey = {key: 'esc', title: 'back'};

/** A key that would only be refused is not offered. */
function works(intent: Intent, state: ScreenState, context: UpdateContext): boolean {
	switch (intent) {
		case 'skip':
		case 'by-hand':
		case 'back':
		case 'note':
			return openDialog(intent, state, context)[0].dialog !== undefined;
		case 'suspend-next':
			return refusal(context.view.incident, {type: 'hold.asked'}) === undefined;
		case 'earlier':
			return context.view.incident.visits.length > 1;
		case 'log':
			return context.view.live.lines.length > 0;
		default:
			return true;
	}
}
