import ssh2 from 'ssh2';
import {expect, it} from 'vitest';
import {generateKeys} from '../../../src/drills/ssh/keys.ts';

it('every key of a drill can be parsed again', () => {
	// One in 256 could not: see generateKeys.
	const keys = Array.from({length: 600}, generateKeys).flatMap(({host, user}) => [host, user]);
	const unreadable = keys
		.flatMap(key => [key.public, key.private])
		.filter(text => ssh2.utils.parseKey(text) instanceof Error);

	expect(unreadable).toEqual([]);
});
