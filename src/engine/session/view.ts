import {defined} from '../../domain/defined.ts';
import type {Incident} from '../../domain/incident/incident.ts';
import type {MachineEffect} from '../../domain/machine/effects.ts';
import {findStep, needsPerson} from '../../domain/runbook/runbook.ts';
import type {Progress} from '../actions/action.ts';
import type {Secrets} from '../ports/secrets.ts';

/** What the screen and the plain text read. Replaced, never changed. */
export type SessionView = {
	incident: Incident;
	/** The step that waits for the person to go on. */
	held?: string;
	live: LiveLog;
	/** The journal cannot be kept, or regmedic has a bug: nothing more is done. */
	halted?: Error;
};

/** `person`: a step waits for the person to have read the last result; `auto`: it does not. */
export type Pace = 'person' | 'auto';

type Masking = Pick<Secrets, 'redact' | 'redactLog'>;

/** Holds what a session shows, and tells its listeners when that changes. */
export function createView(first: Incident | undefined, {secrets, pace}: {secrets: Masking; pace: Pace}) {
	const listeners = new Set<() => void>();
	let incident = first;
	let held: string | undefined;
	let halted: Error | undefined;
	let view: SessionView | undefined;

	const show = () => {
		view = incident && {
			incident,
			live: live.current(),
			...defined({held, halted}),
		};
		for (const listener of listeners) {
			listener();
		}
	};
	const live = createLiveLog(secrets, () => view && show());

	return {
		live,
		/** Undefined until the first event is taken. */
		current: () => view,
		subscribe(listener: () => void): () => void {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		/** Shows the next state. @returns the effects that begin now: a step that is held waits for `release` */
		take(next: Incident, effects: readonly MachineEffect[]): MachineEffect[] {
			const start = effects.find(effect => effect.kind === 'start');
			const isHeldNow = start !== undefined && pace === 'person' && waitsForReader(next, start.step);
			held = isHeldNow ? start.step : incident?.phase === next.phase ? held : undefined;
			incident = next;
			show();
			return effects.filter(effect => !(isHeldNow && effect === start));
		},
		/** The person goes on. @returns whether a step was held */
		release(): boolean {
			const wasHeld = held !== undefined;
			if (wasHeld) {
				held = undefined;
				show();
			}

			return wasHeld;
		},
		halt(error: Error): void {
			halted = error;
			show();
		},
	};
}

/**
 * A person who reads along wants to see a result before the next step begins. The first step starts at once, and so
 * does one that asks the person anyway, unless what a check or a scan found would be gone from the screen.
 */
function waitsForReader({runbook, visits}: Incident, id: string): boolean {
	const step = findStep(runbook, id);
	const last = visits.at(-1);
	const hasResult = last?.shows !== undefined && last.ended === 'ran';
	// Whoever asked for it has read what there is to read.
	const isAskedFor = id === runbook.hold;
	return last !== undefined && step !== undefined && !isAskedFor && (hasResult || !needsPerson(step));
}

export type LogLine = {number: number; text: string};

/** The log of the effect that runs now. It is not journaled; the evidence files are. */
type LiveLog = {lines: readonly LogLine[]; progress?: Progress; items?: ReadonlyMap<string, Progress>};

/** Older lines are dropped from the screen; the evidence keeps them. */
const linesKept = 5_000;
/** Lines that arrive within this time are shown together, so that a build with much output does not delay a key press. */
const gatherMs = 50;

/** Collects the log of the effect that runs, redacted before it is shown. */
function createLiveLog({redact, redactLog}: Masking, changed: (log: LiveLog) => void) {
	let lines: readonly LogLine[] = [];
	let fresh: LogLine[] = [];
	let progress: Progress | undefined;
	let items: ReadonlyMap<string, Progress> = new Map();
	let number = 0;
	let soon: NodeJS.Timeout | undefined;

	const current = (): LiveLog => {
		if (fresh.length > 0) {
			lines = [...lines, ...fresh].slice(-linesKept);
			fresh = [];
		}

		return {lines, ...defined({progress, items: items.size > 0 ? items : undefined})};
	};
	const announce = () => {
		soon ??= setTimeout(() => {
			soon = undefined;
			changed(current());
		}, gatherMs);
		soon.unref();
	};

	/** One for each item of a plan that is under way: a secret over several lines is found whatever another writes between. */
	const masked = new Map<string, ReturnType<Masking['redactLog']>>();
	const maskOf = (item: string) => {
		const known = masked.get(item) ?? redactLog();
		masked.set(item, known);
		return known;
	};
	const take = (text: string, item: string) => {
		if (text === '') {
			return;
		}

		for (const line of text.replace(/\r?\n$/, '').split('\n')) {
			fresh.push({number: ++number, text: item === '' ? line : `[${item}] ${line}`});
		}

		if (fresh.length > 2 * linesKept) {
			fresh = fresh.slice(-linesKept);
		}

		announce();
	};

	return {
		current,
		write: (text: string, item = '') => take(maskOf(item).push(`${text.replace(/\n$/, '')}\n`), item),
		/** Nothing more of the effect's log comes. */
		end(item = ''): void {
			take(maskOf(item).end(), item);
			masked.delete(item);
		},
		progress(value: Progress | undefined, item = ''): void {
			const said = value && {...value, label: redact(value.label)};
			if (item === '') {
				progress = said;
			} else {
				items = new Map([...items].filter(([id]) => id !== item));
				items = said ? new Map([...items, [item, said]]) : items;
			}

			announce();
		},
	};
}
