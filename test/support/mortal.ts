import type {JournalEvent} from '../../src/domain/incident/event.ts';
import type {Journal} from '../../src/engine/ports/journal.ts';
import {createMemoryJournal} from './memory-journal.ts';

/** One process. Once it is over, nothing it does reaches the world, and no answer reaches it. */
export type Life = {isOver(): boolean; end(): void};

/** What a call sees after the death of its process: nobody is there to see it. */
export class Died extends Error {}

/**
 * `before`: what the event tells has happened, and it is not on the record: the result is lost. `after`: it is on the
 * record, and nothing has followed from it.
 */
export type Death = {when: 'before' | 'after'; isIt(event: JournalEvent, seq: number): boolean};

export function startLife(): Life {
	let over = false;
	return {
		isOver: () => over,
		end() {
			over = true;
		},
	};
}

/** A port whose calls end with the life of their process, also those that are under way. */
export function mortal<Port extends object>(port: Port, life: Life): Port {
	const check = () => {
		if (life.isOver()) {
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

/** A journal in memory whose process dies at one event; `events` and whether it is sealed outlive it. */
export function mortalJournal(record: {events: JournalEvent[]; sealed: boolean}, life: Life, death?: Death): Journal {
	const {journal} = createMemoryJournal(record.events);
	const check = () => {
		if (life.isOver()) {
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
				life.end();
				check();
			}
		},
		async seal() {
			check();
			record.sealed = true;
		},
	};
}
