import {expect, test} from 'vitest';
import {firstParagraph, sayProse} from '../../../src/plain/session/say-prose.ts';

const prose = `We ask the
registry.

- one
- two

\`\`\`sh
curl   -sSf  "$URL" |
  jq .
\`\`\`
After.`;

test('paragraphs are wrapped anew; lists and commands stay as they are', () => {
	expect(sayProse(prose)).toEqual([
		'We ask the registry.',
		'',
		'- one',
		'- two',
		'',
		'    curl   -sSf  "$URL" |',
		'      jq .',
		'',
		'After.',
	]);
});

test('the first paragraph is enough to begin with', () => {
	expect(firstParagraph(prose)).toBe('We ask the registry.');
	expect(firstParagraph('')).toBe('');
});
