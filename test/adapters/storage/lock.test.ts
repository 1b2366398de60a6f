import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import {lockStore} from '../../../src/adapters/storage/lock.ts';
import type {Shell} from '../../../src/engine/ports/shell.ts';

beforeEach(() => {
	vi.useFakeTimers();
});

afterEach(() => {
	vi.useRealTimers();
});

it('releasing the lock ends, even when the host has stalled', async () => {
	const shell: Shell = {
		place: 'vm',
		run: ({onOutput}, {signal}) =>
			new Promise((_, reject) => {
				signal.addEventListener('abort', () => reject(signal.reason));
				onOutput?.(Buffer.from('held\n'));
			}),
		close: async () => {},
	};
	const lock = await lockStore({shell, root: '/srv', holder: 'ann', signal: new AbortController().signal});
	const released = lock.release();

	await vi.advanceTimersByTimeAsync(10_000);

	await expect(Promise.race([released.then(() => 'ended'), Promise.resolve().then(() => 'waits')])).resolves.toBe(
		'ended',
	);
});
