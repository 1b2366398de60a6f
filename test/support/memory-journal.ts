import type {JournalEvent} from '../../src/domain/incident/event.ts';
import type {Journal} from '../../src/engine/ports/journal.ts';

/** A journal in memory. `fails`: what the next append throws. @param earlier the events of an earlier process */
export function createMemoryJournal(earlier: readonly JournalEvent[] = []) {
	const events: JournalEvent[] = [...earlier];
	const state: {fails?: Error} = {};
	const journal: Journal = {
		folder: '/var/lib/regmedic/incidents/2026-04-19-calm-otter',
		events: () => events,
		async append(event) {
			if (state.fails) {
				throw state.fails;
			}

			events.push(event);
		},
		keep: async (name, content) => ({
			file: `evidence/${name}`,
			digest: `sha256:${'0'.repeat(64)}` as never,
			bytes: content.length,
		}),
		async seal() {},
		async close() {},
	};
	return Object.assign(state, {journal, events});
}
