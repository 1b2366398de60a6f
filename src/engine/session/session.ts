import {OperatorError} from '../../domain/errors.ts';
import type {Happening, JournalEvent} from '../../domain/incident/event.ts';
import type {Incident} from '../../domain/incident/incident.ts';
import {toJson} from '../../domain/json.ts';
import {advance, comesTooLate, fold, open} from '../../domain/machine/machine.ts';
import type {Advanced, MachineEffect} from '../../domain/machine/moves.ts';
import {refusal} from '../../domain/machine/refusals.ts';
import {redactEvent} from '../../domain/text/redaction.ts';
import {carryOut} from './carry-out.ts';
import {isHeld} from './held.ts';
import {createLiveLog} from './live-log.ts';
import type {Session, SessionEnd, SessionOptions, SessionView} from './session-contract.ts';

export type {Session, SessionEnd, SessionOptions, SessionView} from './session-contract.ts';

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
	// Closed, or being left: nothing new is begun or taken.
	let isOver = false;

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
		const comesAfterAll = isOver;
		const turn = queue.then(async () => {
			if (comesAfterAll || stopping.signal.aborted) {
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
		const held = effects.find(effect => effect.do === 'start' && isHeld(incident, effect.step, pace));
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

	function carry(effect: MachineEffect): void {
		const {incident} = view!;
		const signal = AbortSignal.any([stopping.signal, underWay.signal]);
		const report = (happening: Happening) => send(happening, 'regmedic');
		// Closing moves the phase itself, and is not called off by that.
		const isCalledOff = () => stopping.signal.aborted || (signal.aborted && effect.do !== 'close');
		if (isOver || isCalledOff()) {
			return;
		}

		carryOut(effect, {incident, ...options, signal, live, report})
			.then(end => {
				if (end === 'closed') {
					isOver = true;
					settled.resolve({why: 'stopped', incident: view!.incident});
				}
			})
			.catch(error => {
				if (!isOver && !isCalledOff()) {
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
			if (isOver || stopping.signal.aborted || view?.incident.phase.is === 'stopped') {
				return;
			}

			const left = send({type: 'incident.left', reason}, actor).catch(() => {});
			isOver = true;
			await left;
			stopping.abort(new Error('The session was left.'));
			settled.resolve({why: 'left', incident: view!.incident});
		},
		ended: settled.promise,
	};
}
