import {OperatorError} from '../../domain/errors.ts';
import type {Happening, JournalEvent} from '../../domain/incident/event.ts';
import {withWhatGoesOn} from '../../domain/incident/goes-on.ts';
import {currentVisit, type Incident} from '../../domain/incident/incident.ts';
import {open} from '../../domain/machine/beginnings.ts';
import {type Advanced, type MachineEffect, pendingEffects} from '../../domain/machine/effects.ts';
import {advance, comesTooLate, fold} from '../../domain/machine/machine.ts';
import {refusal} from '../../domain/machine/refusals.ts';
import type {Action, Ports} from '../actions/action.ts';
import type {Journal} from '../ports/journal.ts';
import {carryOut} from './carry-out.ts';
import {createEventQueue} from './event-queue.ts';
import {createView, type Pace, type SessionView} from './view.ts';

export type {SessionView} from './view.ts';

type SessionOptions = {
	journal: Journal;
	ports: Ports;
	actions: readonly Action[];
	/** The login name of the person. */
	actor: string;
	pace: Pace;
};

export type Session = {
	current(): SessionView;
	subscribe(listener: () => void): () => void;
	/** What a person says. @throws OperatorError session.refused, with the reason | session.closed | journal.* */
	say(happening: Happening): Promise<void>;
	/** Begins the step that is held. */
	proceed(): Promise<void>;
	/** Stops what runs here, journals why and ends the session. What runs remotely goes on. */
	leave(reason: 'interrupted' | 'gate' | 'left'): Promise<void>;
	/** Rejects when the journal cannot be kept, or on a bug. */
	ended: Promise<SessionEnd>;
};

/** `stopped`: the runbook reached a stop. `left`: a person left; the incident can be resumed. */
type SessionEnd = {kind: 'stopped' | 'left'; incident: Incident};

type Opening = Extract<Happening, {type: 'incident.opened'}>;

/** Opens a new incident, whose journal is still empty. */
export function beginSession(options: SessionOptions, opening: Opening): Promise<Session> {
	return run(options, undefined, opening);
}

/** Continues the incident in the journal. */
export function resumeSession(options: SessionOptions): Promise<Session> {
	return run(options, fold(options.journal.events()), {type: 'incident.resumed'});
}

async function run(options: SessionOptions, before: Incident | undefined, first: Happening): Promise<Session> {
	const {journal, ports, actor, pace} = options;
	const view = createView(before, {secrets: ports.secrets, pace});
	const stopping = new AbortController();
	const settled = Promise.withResolvers<SessionEnd>();
	settled.promise.catch(() => {});
	// Cancels the effects of this phase when the phase changes; those of items, when the visit does.
	let underWay = new AbortController();
	let itemsUnderWay = new AbortController();
	// Closed, or being left: no effect is started and no event is taken any more.
	let isOver = false;

	const enqueue = createEventQueue({
		journal,
		ports,
		isStale(event) {
			const incident = view.current()?.incident;
			return incident !== undefined && comesTooLate(incident, event);
		},
		take,
		failed(error) {
			if (!(error instanceof OperatorError && error.code.startsWith('session.'))) {
				halt(error);
			}
		},
	});

	function send(happening: Happening, by: string, refuse?: () => OperatorError | undefined): Promise<void> {
		const comesAfterEnd = isOver;
		return enqueue(happening, by, () => (comesAfterEnd || stopping.signal.aborted ? closed() : refuse?.()));
	}

	/** Why a person cannot say this now. */
	function refuse(happening: Happening): OperatorError | undefined {
		const shown = view.current();
		const refused = shown && refusal(shown.incident, happening);
		return refused === undefined
			? undefined
			: new OperatorError('session.refused', refused, {
					hint: 'The last line shows the keys that work now.',
					exit: 'usage',
				});
	}

	function take(event: JournalEvent): void {
		const known = view.current()?.incident;
		const [incident, effects] = advanceFrom(known ?? before, event);
		// A read whose phase a person has left is cancelled.
		if (known?.phase !== incident.phase) {
			underWay.abort();
			underWay = new AbortController();
		}

		if (visitKey(known) !== visitKey(incident)) {
			itemsUnderWay.abort();
			itemsUnderWay = new AbortController();
		}

		for (const effect of view.take(incident, effects)) {
			carry(effect);
		}
	}

	function carry(effect: MachineEffect): void {
		const {incident} = view.current()!;
		const own = 'item' in effect && effect.item !== undefined ? itemsUnderWay : underWay;
		const signal = AbortSignal.any([stopping.signal, own.signal]);
		const report = (happening: Happening) => send(happening, 'regmedic');
		// Closing changes the phase itself, and is not cancelled by that.
		const isCalledOff = () => stopping.signal.aborted || (signal.aborted && effect.kind !== 'close');
		if (isOver || isCalledOff()) {
			return;
		}

		carryOut(effect, {...options, incident, signal, session: stopping.signal, live: view.live, report})
			.then(end => {
				if (end === 'closed') {
					isOver = true;
					stopping.abort(new Error('The incident is closed.'));
					settled.resolve({kind: 'stopped', incident: view.current()!.incident});
				}
			})
			.catch(error => {
				if (!isOver && !isCalledOff()) {
					halt(error);
				}
			});
	}

	function halt(cause: Error): void {
		const error = withWhatGoesOn(cause, view.current()?.incident);
		stopping.abort(error);
		settled.reject(error);
		view.halt(error);
	}

	await send(first, actor);
	return {
		current: () => view.current()!,
		subscribe: view.subscribe,
		say: happening => send(happening, actor, () => refuse(happening)),
		async proceed() {
			if (view.release()) {
				pendingEffects(view.current()!.incident).forEach(carry);
			}
		},
		async leave(reason) {
			// A runbook that has stopped is being closed: there is nothing to leave.
			if (isOver || stopping.signal.aborted || view.current()?.incident.phase.kind === 'stopped') {
				return;
			}

			const left = send({type: 'incident.left', reason}, actor).catch(() => {});
			isOver = true;
			await left;
			stopping.abort(new Error('The session was left.'));
			settled.resolve({kind: 'left', incident: view.current()!.incident});
		},
		ended: settled.promise,
	};
}

function advanceFrom(incident: Incident | undefined, event: JournalEvent): Advanced {
	if (incident) {
		return advance(incident, event);
	}

	if (event.type !== 'incident.opened') {
		throw new Error('A journal begins with incident.opened.');
	}

	return open(event);
}

/** The visit that the phase is about. */
function visitKey(incident: Incident | undefined): string | undefined {
	const visit = incident && currentVisit(incident);
	return visit && `${visit.step} ${visit.attempt}`;
}

function closed(): OperatorError {
	return new OperatorError('session.closed', 'This session has ended.', {hint: 'Resume the incident.', exit: 'failed'});
}
