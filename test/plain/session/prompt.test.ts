import {expect, test} from 'vitest';
import {sayProse} from '../../../src/plain/session/prompt.ts';

test('prose is wrapped anew; lists and commands stay as they are', () => {
	const prose = 'We ask the\nregistry.\n\n- one\n- two\n\n```sh\ncurl   -sSf  "$URL" |\n  jq .\n```\nAfter.';

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
