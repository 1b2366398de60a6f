import {expect, test} from 'vitest';
import {firstParagraph, proseBlocks} from '../../../src/domain/runbook/prose.ts';

const prose = `We ask the
registry.

- one
- two

\`\`\`sh
curl   -sSf  "$URL" |
  jq .
\`\`\`
After.`;

test('a paragraph loses its line breaks; lists and commands keep theirs', () => {
	expect(proseBlocks(prose)).toEqual([
		{kind: 'text', lines: [{mark: '', text: 'We ask the registry.'}]},
		{
			kind: 'text',
			lines: [
				{mark: '- ', text: 'one'},
				{mark: '- ', text: 'two'},
			],
		},
		{kind: 'code', lines: ['curl   -sSf  "$URL" |', '  jq .']},
		{kind: 'text', lines: [{mark: '', text: 'After.'}]},
	]);
});

test('the first paragraph says what a step is for', () => {
	expect(firstParagraph(prose)).toBe('We ask the registry.');
	expect(firstParagraph('By hand: run curl.')).toBe('');
	expect(firstParagraph('')).toBe('');
});
