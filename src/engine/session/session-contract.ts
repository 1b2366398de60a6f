import type {Happening} from '../../domain/incident/event.ts';
import type {Incident} from '../../domain/incident/incident.ts';
import type {Action, Ports} from '../actions/action.ts';
import type {Journal} from '../ports/journal.ts';
import type {LiveLog} from './live-log.ts';

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
