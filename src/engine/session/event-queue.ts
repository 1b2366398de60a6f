import type {OperatorError} from '../../domain/errors.ts';
import type {Happening, JournalEvent} from '../../domain/incident/event.ts';
import {toJson} from '../../domain/json.ts';
import {redactEvent} from '../../domain/text/redaction.ts';
import type {Ports} from '../actions/action.ts';
import type {Journal} from '../ports/journal.ts';

type EventQueueOptions = {
	journal: Journal;
	ports: Pick<Ports, 'clock' | 'secrets'>;
	/** A report of the machine on a phase that a person has left: it is dropped, and never journaled. */
	isStale(event: JournalEvent): boolean;
	/** Takes an event that is in the journal. */
	take(event: JournalEvent): void;
	/** An event was refused, could not be journaled, or could not be taken. */
	failed(error: Error): void;
};

/** The one way into a session: events come one after the other, and each is in the journal before it is taken. */
export function createEventQueue({journal, ports, isStale, take, failed}: EventQueueOptions) {
	const {clock, secrets} = ports;
	let last: Promise<unknown> = Promise.resolve();

	/** @param refuse asked when it is the event's turn: why it cannot be taken; undefined: it can */
	return (happening: Happening, actor: string, refuse: () => OperatorError | undefined): Promise<void> => {
		const turn = last.then(async () => {
			const refused = refuse();
			if (refused) {
				throw refused;
			}

			const stamp = {at: clock.now().toISOString(), mono: Math.round(clock.monotonic()), actor};
			// As the journal will tell it: what JSON cannot hold is not there now, either.
			const event = toJson(redactEvent({...stamp, ...happening}, secrets.redact)) as unknown as JournalEvent;
			if (!isStale(event)) {
				await journal.append(event);
				take(event);
			}
		});
		last = turn.catch(failed);
		return turn;
	};
}
