import {expect, it} from 'vitest';
import {lost} from '../../../src/adapters/ssh/errors.ts';

it('a host that says a megabyte without a line end does not fill the screen', () => {
	const {message} = lost('read', 'vm', 'x'.repeat(1_000_000));

	expect(message.length).toBeLessThan(400);
});
