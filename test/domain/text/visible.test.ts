import fc from 'fast-check';
import {expect, test} from 'vitest';
import {visible, visibleJson, visibleLine} from '../../../src/domain/text/visible.ts';
import {tries} from '../../support/sweep.ts';

const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

test.each([
	['\u001b[2J', '^[[2J'],
	['\u009b31m', '<U+009B>31m'],
	['a\u202Eb', 'a<U+202E>b'],
	['\u2066x\u2069', '<U+2066>x<U+2069>'],
	['\u007f', '^?'],
	['\u0000', '^@'],
	['pro\rgress', 'pro^Mgress'],
	['line\r\nline', 'line\nline'],
	['\u{E0041}', '<U+E0041>'],
	['zero\u200Bwidth', 'zero<U+200B>width'],
	['ordinary äöü 漢字 🚒\ttab', 'ordinary äöü 漢字 🚒\ttab'],
])('%j is shown as %j', (text, shown) => {
	expect(visible(text)).toBe(shown);
});

test('no text, cut anywhere, contains a character that a terminal would interpret', () => {
	const unit = fc.oneof(fc.nat(0x2ff), fc.integer({min: 0x2000, max: 0x206f}), fc.nat(0x10ffff));
	fc.assert(
		fc.property(fc.array(unit), fc.nat(20), (points, cut) => {
			const text = points.map(point => String.fromCodePoint(point)).join('');

			expect(visible(text)).not.toMatch(obeyed);
			expect(visible(text.slice(0, cut)) + visible(text.slice(cut))).not.toMatch(obeyed);
			expect(visibleLine(text)).not.toMatch(/[\n\t]/);
			expect(visibleJson({text})).not.toMatch(obeyed);
			expect(JSON.parse(visibleJson({text}))).toEqual({text});
		}),
		{numRuns: tries(100)},
	);
});
