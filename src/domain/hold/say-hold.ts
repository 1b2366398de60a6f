import {sayTime} from '../text/time.ts';
import {count} from '../text/wording.ts';
import type {CleanerKind} from './cleaner-kind.ts';
import type {Hold} from './hold.ts';
import type {NextStart} from './next-starts.ts';
import type {RunningCleaner} from './running.ts';
import type {Suspension} from './suspension.ts';

const names: Record<CleanerKind, {one: string; doing: string}> = {
	collection: {one: 'collection', doing: 'A garbage collection'},
	'tag-cleaner': {one: 'tag cleanup', doing: 'A tag cleaner'},
	'layer-checker': {one: 'layer check', doing: 'A layer checker'},
};

/** `2 h 10`, `3 d 4 h`, `12 min`, `40 s`: whole minutes, as a person counts down. */
function sayCountdown(milliseconds: number): string {
	const seconds = Math.max(0, Math.floor(milliseconds / 1000));
	const minutes = Math.floor(seconds / 60);
	const hours = Math.floor(minutes / 60);
	if (seconds < 60) {
		return `${seconds} s`;
	}

	return hours >= 24
		? `${Math.floor(hours / 24)} d ${hours % 24} h`
		: hours > 0
			? `${hours} h ${String(minutes % 60).padStart(2, '0')}`
			: `${minutes} min`;
}

/** What the header says: `next collection in 2 h 10`, `collection running`. Undefined: nothing is known of any. */
export function sayHold({running, next}: Pick<Hold, 'running' | 'next'>, now: number): string | undefined {
	const [works] = running;
	if (works !== undefined) {
		return `${names[works.kind].one} running`;
	}

	const [first] = next;
	if (first === undefined) {
		return undefined;
	}

	const {one} = names[first.kind];
	if (first.starts === undefined) {
		return `next ${one} at an unknown time`;
	}

	const left = Date.parse(first.starts) - now;
	return left >= 0 ? `next ${one} in ${sayCountdown(left)}` : `${one} due for ${sayCountdown(-left)}`;
}

/** Everything of it, a sentence each. */
export function sayHoldWhole({running, next, gaps}: Hold, now: number): string[] {
	return [
		...running.map(sayRunning),
		...next.map(each => sayNext(each, now)),
		...gaps.map(gap => `Not looked at for cleaners: ${gap}.`),
	];
}

function sayRunning({kind, pid, line, since, container, perhaps}: RunningCleaner): string {
	const where = container === undefined ? `process ${pid}` : `process ${pid} in the container ${container}`;
	const whose = perhaps ? 'perhaps on this store' : 'on this store';
	return `${names[kind].doing} runs ${whose}: ${line} (${where}, since ${sayTime(`${since.slice(0, 19)}Z`)}).`;
}

export function sayNext(next: NextStart, now: number): string {
	const {kind, line, starts, why} = next;
	const when =
		starts === undefined
			? `at an unknown time (${why})`
			: `${Date.parse(starts) >= now ? `in ${sayCountdown(Date.parse(starts) - now)}` : 'by now'}, at ${sayTime(`${starts.slice(0, 16)}Z`)}`;
	return `The next ${names[kind].one} starts ${when}: ${placeOf(next)}: ${line}`;
}

export function placeOf({file, at}: Pick<NextStart, 'file' | 'at'>): string {
	return at === undefined ? file : `${file}:${at}`;
}

/** Why a scan between these two looks is provisional. */
export function sayProvisional(before: Hold, after: Hold): string {
	const [running] = [...before.running, ...after.running];
	const due = before.next.find(({starts}) => starts !== undefined && starts <= after.looked);
	const what =
		running !== undefined
			? `${sayRunning(running)} Look again when it has ended.`
			: due !== undefined
				? `${names[due.kind].doing} was to start while the disk was read (${placeOf(due)}).`
				: '';
	return `PROVISIONAL: the store may have changed while it was read. ${what}`.trim();
}

/** In the middle of a sentence: what has to end first. */
export function sayWaitedFor(running: readonly RunningCleaner[]): string {
	const [first, ...others] = running;
	const more = others.length === 0 ? '' : ` and ${count(others.length, 'other')}`;
	return first === undefined ? 'nothing' : `${first.line} (process ${first.pid})${more}`;
}

/** At a gate that is shown again after a wait for a cleaner. */
export const cleanedMeanwhile = 'Something cleaned the store after this was approved. Look at it again:';

/** As it is typed at a gate. */
export function commandOf(suspend: Extract<Suspension, {kind: 'command'}>): string {
	return words(suspend, 'stop').join(' ');
}

export function undoOf(suspend: Suspension): string {
	return suspend.kind === 'by-hand' ? suspend.undo : words(suspend, 'start').join(' ');
}

function words({program, name, isUser}: Extract<Suspension, {kind: 'command'}>, verb: 'stop' | 'start'): string[] {
	return [program, ...(isUser ? ['--user'] : []), verb, name];
}

/** At the gate of a plan whose registry has no storage to lock. @see src/engine/actions/store-lock.ts */
export const nobodyKeptAway = 'No storage is configured: nothing keeps a second person away.';
