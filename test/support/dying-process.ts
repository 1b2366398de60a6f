import type {JournalEvent} from '../../src/domain/incident/event.ts';
import type {Journal} from '../../src/engine/ports/journal.ts';
import {createMemoryJournal} from './memory-journal.ts';

/** Stands for one process of regmedic. After its death none of its calls reaches the world, and no response reaches it. */
export type DyingProcess = {isDead(): boolean; die(): void};

/** Thrown by every call of a process that is dead. */
export class Died extends Error {}

/**
 * The moment of a death. `before`: the event has happened in the world and is not in the journal; the result is lost.
 * `after`: the event is in the journal, and nothing has followed from it yet.
 */
export type Death = {when: 'before' | 'after'; isIt(event: JournalEvent, seq: number): boolean};

export function startProcess(): DyingProcess {
	let dead = false;
	return {
		isDead: () => dead,
		die() {
			dead = true;
		},
	};
}

/** Wraps a port so that every call fails once its process is dead, also a call that is under way. */
export function untilDeath<Port extends object>(port: Port, process: DyingProcess): Port {
	const check = () => {
		if (process.isDead()) {
			throw new Died('The process is dead.');
		}
	};
	return new Proxy(port, {
		get(target, name, receiver) {
			const value: unknown = Reflect.get(target, name, receiver);
			if (typeof value !== 'function') {
				return value;
			}

			return (...args: unknown[]) => {
				check();
				const answer: unknown = Reflect.apply(value, target, args);
				return answer instanceof Promise ? answer.finally(check) : answer;
			};
		},
	});
}

/** A journal in memory whose process dies at one event. What is in `record` outlives the process. */
export function journalUntilDeath(
	record: {events: JournalEvent[]; sealed: boolean},
	process: DyingProcess,
	death?: Death,
): Journal {
	const {journal} = createMemoryJournal(record.events);
	const check = () => {
		if (process.isDead()) {
			throw new Died('The process is dead.');
		}
	};
	return {
		...journal,
		events: () => record.events,
		async append(event) {
			check();
			const isIt = death?.isIt(event, record.events.length) === true;
			if (!isIt || death?.when === 'after') {
				record.events.push(event);
			}

			if (isIt) {
				process.die();
				check();
			}
		},
		async seal() {
			check();
			record.sealed = true;
		},
	};
}
