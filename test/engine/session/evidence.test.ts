import {expect, test} from 'vitest';
import {createEvidence} from '../../../src/engine/session/perform.ts';

test('a log that is too long loses its middle and says how much; its end is whole', () => {
	const seen = createEvidence(text => text);
	for (let line = 0; line < 100_000; line++) {
		seen.write(`${String(line).padStart(99, '.')}\n`);
	}

	const text = seen.text();
	expect(text.startsWith(`${'0'.padStart(99, '.')}\n`)).toBe(true);
	expect(text.endsWith(`${'99999'.padStart(99, '.')}\n`)).toBe(true);
	const cut = Number(/\[cut: (\d+) characters\]\n/.exec(text)![1]);
	expect(text.replace(/\[cut: \d+ characters\]\n/, '').length + cut).toBe(10_000_000);
	expect(text.length).toBeLessThan(5_000_000);
});

test('a short log is kept as it came, redacted', () => {
	const seen = createEvidence(text => text.replace('hunter2', '[secret]'));
	seen.write('one hunter2');
	seen.write('two\n');

	expect(seen.text()).toBe('one [secret]\ntwo\n');
});
