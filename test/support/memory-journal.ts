import {createHash} from 'node:crypto';
import {parseDigest} from '../../src/domain/digest.ts';
import {OperatorError} from '../../src/domain/errors.ts';
import type {JournalEvent} from '../../src/domain/event.ts';
import type {Journal} from '../../src/engine/ports.ts';

/** A journal that keeps everything in memory: for tests of what reads and fills it. */
export function createMemoryJournal(earlier: readonly JournalEvent[] = []): Journal & {kept: Map<string, string>} {
	let events: readonly JournalEvent[] = [...earlier];
	let isClosed = false;
	const kept = new Map<string, string>();

	return {
		folder: '/journals/incident',
		kept,
		events: () => events,
		async append(event) {
			if (isClosed) {
				throw new OperatorError('journal.closed', 'The journal is closed.', {
					hint: 'Resume the incident.',
					exit: 'failed',
				});
			}

			events = [...events, event];
		},
		async keep(name, content) {
			const bytes = Buffer.from(content);
			const file = `evidence/${kept.size + 1}-${name}`;
			kept.set(file, bytes.toString());
			return {
				file,
				digest: parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`),
				bytes: bytes.length,
			};
		},
		async seal() {
			const {at, mono} = events.at(-1)!;
			const head = createHash('sha256').update(JSON.stringify(events)).digest('hex');
			events = [...events, {type: 'journal.sealed', at, mono, actor: 'regmedic', events: events.length, head}];
			isClosed = true;
		},
		async close() {
			isClosed = true;
		},
	};
}
