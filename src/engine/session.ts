import {OperatorError} from '../domain/errors.ts';
import type {Happening, JournalEvent} from '../domain/event.ts';
import type {Incident} from '../domain/incident.ts';
import {toJson} from '../domain/json.ts';
import {advance, comesTooLate, fold, open} from '../domain/machine.ts';
import type {Advanced, MachineEffect} from '../domain/machine-moves.ts';
import {refusal} from '../domain/machine-refusals.ts';
import {redactEvent} from '../domain/redaction.ts';
import {findStep, needsPerson} from '../domain/runbook.ts';
import type {Action, Ports} from './action.ts';
import {carryOut} from './carry-out.ts';
import {createLiveLog, type LiveLog} from './live-log.ts';
import type {Journal} from './ports.ts';

/** What the screen and the plain text read. Replaced, never changed. */
export type SessionView = {
	incident: Incident;
	/** A read step that waits for the person to say "go on". */
	held?: string;
	live: LiveLog;
	/** The record cannot be kept: nothing more is done. */
	halted?: Error;
};

export type SessionEnd =
	/** The runbook reached a stop. */
	| {why: 'stopped'; incident: Incident}
	/** A person left; it can be resumed. */
	| {why: 'left'; incident: Incident};

export type Session = {
	current(): SessionView;
	subscribe(listener: () => void): () => void;
	/** A person's word. @throws OperatorError session.refused, with the reason */
	say(happening: Happening): Promise<void>;
	/** Begins the step that is held. */
	proceed(): Promise<void>;
	/** Stops what runs here, notes why in the journal and ends the session. What runs remotely goes on. */
	leave(reason: 'interrupted' | 'gate' | 'left'): Promise<void>;
	/** Rejects when the record cannot be kept, or on a bug. */
	ended: Promise<SessionEnd>;
};

export type SessionOptions = {
	journal: Journal;
	ports: Ports;
	actions: readonly Action[];
	/** The login name of the person. */
	actor: string;
	/** `person`: a read step waits for a word; `auto`: it does not. */
	pace: 'person' | 'auto';
};

/** Opens a new incident, whose journal is still empty. */
export function beginSession(
	options: SessionOptions,
	opening: Extract<Happening, {type: 'incident.opened'}>,
): Promise<Session> {
	return run(options, undefined, opening);
}

/** Goes on with what the journal tells. */
export function resumeSession(options: SessionOptions): Promise<Session> {
	return run(options, fold(options.journal.events()), {type: 'incident.resumed'});
}

async function run(options: SessionOptions, before: Incident | undefined, first: Happening): Promise<Session> {
	const {journal, ports, actor, pace} = options;
	const listeners = new Set<() => void>();
	const stopping = new AbortController();
	const settled = Promise.withResolvers<SessionEnd>();
	settled.promise.catch(() => {});
	// What is being done right now, so that it can be called off.
	let underWay = new AbortController();
	let view: SessionView | undefined;
	let queue: Promise<unknown> = Promise.resolve();
	let isClosed = false;

	const notify = () => {
		for (const listener of listeners) {
			listener();
		}
	};

	const live = createLiveLog(ports.secrets.redact, log => {
		if (view) {
			view = {...view, live: log};
			notify();
		}
	});

	/** The one way in: checked, journaled, then taken. One after the other. */
	function send(happening: Happening, by: string, check = false): Promise<void> {
		const turn = queue.then(async () => {
			if (isClosed || stopping.signal.aborted) {
				throw new OperatorError('session.closed', 'This session has ended.', {
					hint: 'Resume the incident.',
					exit: 'failed',
				});
			}

			const refused = check && view ? refusal(view.incident, happening) : undefined;
			if (refused !== undefined) {
				throw new OperatorError('session.refused', refused, {
					hint: 'The keys that work now are in the last line.',
					exit: 'usage',
				});
			}

			const now = {at: ports.clock.now().toISOString(), mono: Math.round(ports.clock.monotonic()), actor: by};
			// As the journal will tell it: what JSON cannot hold is not there now, either.
			const event = toJson(redactEvent({...now, ...happening}, ports.secrets.redact)) as unknown as JournalEvent;
			if (view && comesTooLate(view.incident, event)) {
				return;
			}

			await journal.append(event);
			take(event);
		});
		queue = turn.catch(error => {
			if (!(error instanceof OperatorError && error.code.startsWith('session.'))) {
				halt(error);
			}
		});
		return turn;
	}

	function take(event: JournalEvent): void {
		const [incident, effects]: Advanced = view
			? advance(view.incident, event)
			: before
				? advance(before, event)
				: open(event as Extract<JournalEvent, {type: 'incident.opened'}>);
		const held = effects.find(effect => effect.do === 'start' && waits(incident, effect.step));
		const moved = view?.incident.phase !== incident.phase;
		const stillHeld = moved ? undefined : view?.held;
		const holding = held && 'step' in held ? held.step : stillHeld;
		view = {incident, live: live.current(), ...(holding === undefined ? {} : {held: holding})};
		// Whatever was under way for the phase before is called off: a read that a person turned away from.
		if (moved) {
			underWay.abort();
			underWay = new AbortController();
		}

		notify();

		for (const effect of effects) {
			if (effect !== held) {
				carry(effect);
			}
		}
	}

	/**
	 * A person who reads along wants to see a result before the next step begins. The first step starts at once, and so
	 * does one that asks the person anyway, unless what a check or a scan found would be gone from the screen.
	 */
	function waits(incident: Incident, id: string): boolean {
		const step = findStep(incident.runbook, id);
		const last = incident.visits.at(-1);
		const toRead = last?.shows !== undefined && last.ended === 'ran';
		return pace === 'person' && last !== undefined && step !== undefined && (toRead || !needsPerson(step));
	}

	function carry(effect: MachineEffect): void {
		const {incident} = view!;
		const signal = AbortSignal.any([stopping.signal, underWay.signal]);
		const report = (happening: Happening) => send(happening, 'regmedic');
		// Closing moves the phase itself, and is not called off by that.
		const isCalledOff = () => stopping.signal.aborted || (signal.aborted && effect.do !== 'close');
		if (isCalledOff()) {
			return;
		}

		carryOut(effect, {incident, ...options, signal, live, report})
			.then(end => {
				if (end === 'closed') {
					isClosed = true;
					settled.resolve({why: 'stopped', incident: view!.incident});
				}
			})
			.catch(error => {
				if (!isCalledOff()) {
					halt(error);
				}
			});
	}

	function halt(error: Error): void {
		if (view) {
			view = {...view, halted: error};
		}

		stopping.abort(error);
		settled.reject(error);
		notify();
	}

	await send(first, actor);
	return {
		current: () => view!,
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		say: happening => send(happening, actor, true),
		async proceed() {
			const step = view?.held;
			if (view && step !== undefined) {
				const {held: _, ...rest} = view;
				view = rest;
				const [, effects] = advance(view.incident, {
					type: 'incident.resumed',
					at: view.incident.lastAt,
					mono: 0,
					actor,
				});
				effects.forEach(carry);
				notify();
			}
		},
		async leave(reason) {
			// A runbook that has stopped is being closed: nothing is left behind by leaving.
			if (stopping.signal.aborted || view?.incident.phase.is === 'stopped') {
				return;
			}

			await send({type: 'incident.left', reason}, actor).catch(() => {});
			stopping.abort(new Error('The session was left.'));
			settled.resolve({why: 'left', incident: view!.incident});
		},
		ended: settled.promise,
	};
}
