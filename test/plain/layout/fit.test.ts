import {expect, test} from 'vitest';
import {fold} from '../../../src/plain/layout/fit.ts';

const text = 'Nothing listens at 127.0.0.1:1.\nIs the registry running? Look at its container or service.\n';

test('a sentence is broken between its words, at the width of the terminal', () => {
	expect(fold(text, 40)).toBe(
		'Nothing listens at 127.0.0.1:1.\nIs the registry running? Look at its\ncontainer or service.\n',
	);
});

test('what is indented stays indented, and what fits stays as it is', () => {
	expect(fold('  one  two three', 10)).toBe('  one two\n  three');
	expect(fold('a  b', 10)).toBe('a  b');
});

test('text for a pipe is not wrapped', () => {
	expect(fold(text, Number.POSITIVE_INFINITY)).toBe(text);
});
