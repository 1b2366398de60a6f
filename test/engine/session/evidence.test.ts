import {expect, test} from 'vitest';
import {createMemoryJournal} from '../../support/memory-journal.ts';
import {resultOf} from '../../support/small-catalogue.ts';
import {openSmallSession} from '../../support/small-session.ts';

/** The evidence that a session keeps of a step that logs these texts. */
async function keptOf(texts: Iterable<string>, ...secrets: string[]): Promise<string> {
	const journal = createMemoryJournal();
	const kept = Promise.withResolvers<string>();
	const {keep} = journal.journal;
	journal.journal.keep = (name, content) => {
		kept.resolve(String(content));
		return keep(name, content);
	};
	const released = Promise.withResolvers<void>();
	const {redaction} = await openSmallSession({
		journal,
		conduct: {
			run: async (action, _inputs, {log}) => {
				await released.promise;
				for (const text of texts) {
					log(text);
				}

				return resultOf(action, 'broken');
			},
		},
	});
	for (const secret of secrets) {
		redaction.add(secret);
	}

	released.resolve();
	return kept.promise;
}

test('a log that is too long loses its middle and says how much; its end is whole', async () => {
	const lines = Array.from({length: 100_000}, (_, line) => `${String(line).padStart(99, '.')}\n`);

	const text = await keptOf(lines);

	expect(text.startsWith(`${'0'.padStart(99, '.')}\n`)).toBe(true);
	expect(text.endsWith(`${'99999'.padStart(99, '.')}\n`)).toBe(true);
	const cut = Number(/\[cut: (\d+) characters\]\n/.exec(text)![1]);
	expect(text.replace(/\[cut: \d+ characters\]\n/, '').length + cut).toBe(10_000_000);
	expect(text.length).toBeLessThan(5_000_000);
});

test('a short log is kept as it came, redacted', async () => {
	expect(await keptOf(['one hunter2-hunter2', 'two\n'], 'hunter2-hunter2')).toBe('one [secret]\ntwo\n');
});
