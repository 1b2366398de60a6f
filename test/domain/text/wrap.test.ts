import fc from 'fast-check';
import {expect, test} from 'vitest';
import {textWidth, wrap} from '../../../src/domain/text/wrap.ts';

test('text breaks between words, and a digest stays whole so that it can be copied', () => {
	const digest = `sha256:${'a'.repeat(64)}`;

	expect(wrap(`The index names ${digest} twice.`, {columns: 30})).toEqual(['The index names', digest, 'twice.']);
});

test('the first line and the others have their own beginning, and what follows a line break is marked', () => {
	const lines = wrap('one two three\nfour', {first: '  - ', rest: '    ', columns: 12});

	expect(lines).toEqual(['  - one two', '    three', '    | four']);
});

test('a path that is broken ends after a slash', () => {
	const lines = wrap('GET /v2/infra-ci/manifests/latest', {columns: 20, breakWords: true});

	expect(lines).toEqual(['GET /v2/infra-ci/', 'manifests/latest']);
});

test('broken lines are never too wide, and hold all of the text', () => {
	fc.assert(
		fc.property(fc.string({maxLength: 80}), fc.integer({min: 8, max: 40}), (text, columns) => {
			const lines = wrap(text, {columns, breakWords: true});
			expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns);
			expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
		}),
	);
});

test('nothing in wrapped text draws on the terminal', () => {
	expect(wrap('\u001B[31mred', {first: '\u0007- '})).toEqual(['^G- ^[[31mred']);
});
