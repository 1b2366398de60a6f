import {expect, onTestFinished, test, vi} from 'vitest';
import type {ActionContext} from '../../../src/engine/actions/action.ts';
import {withStoreLock} from '../../../src/engine/actions/store-lock.ts';
import {fakeStorage} from '../../support/fake-ports.ts';

const context = {request: 'one', log: () => {}} as unknown as ActionContext;

/** A store whose lock can be held once at a time, and whose release takes a while. */
function storeWithLock(lost = new AbortController().signal) {
	const told: string[] = [];
	let isHeld = false;
	const storage = fakeStorage([], {
		async lock() {
			if (isHeld) {
				throw new Error('somebody else holds it');
			}

			isHeld = true;
			told.push('taken');
			return {
				lost,
				async release() {
					await new Promise(resolve => setImmediate(resolve));
					isHeld = false;
					told.push('released');
				},
			};
		},
	});
	return {storage, told};
}

test('items that change one store at the same time hold its lock together, until the last of them has ended', async () => {
	const {storage, told} = storeWithLock();
	const first = Promise.withResolvers<void>();
	const second = Promise.withResolvers<void>();
	const works = [first, second].map(({promise}) => withStoreLock(storage, context, () => promise));
	first.resolve();
	await works[0];
	expect(told).toEqual(['taken']);

	second.resolve();
	await works[1];
	expect(told).toEqual(['taken', 'released']);
});

test('an item that others follow keeps the lock for them, and the last one releases it before it ends', async () => {
	const {storage, told} = storeWithLock();
	const first = {...context, others: true as const};
	for (const each of [first, first, context]) {
		await withStoreLock(storage, each, async () => {});
		expect(told.slice(1)).toEqual(each === context ? ['released'] : []);
		await new Promise(resolve => setTimeout(resolve, 20));
	}
});

test.each([
	['the session ends', (session: AbortController) => session.abort()],
	['the lock is lost', (_: AbortController, lost: AbortController) => lost.abort()],
	['nobody takes it up', () => vi.advanceTimersByTime(1_000)],
])('a lock that was kept for the next item is released where %s, and taken anew after that', async (_, happen) => {
	vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']});
	onTestFinished(() => void vi.useRealTimers());
	const [session, lost] = [new AbortController(), new AbortController()];
	const {storage, told} = storeWithLock(lost.signal);
	await withStoreLock(storage, {...context, others: true, session: session.signal}, async () => {});
	expect(told).toEqual(['taken']);

	happen(session, lost);
	await withStoreLock(storage, context, async () => {});
	expect(told).toEqual(['taken', 'released', 'taken', 'released']);
});

test('whoever comes while the lock is being released waits, and takes it anew', async () => {
	const {storage, told} = storeWithLock();
	const first = withStoreLock(storage, context, async () => {});
	for (let round = 0; round < 3; round++) {
		await withStoreLock(storage, context, async () => {});
	}

	await first;
	expect(told.filter(each => each === 'taken').length).toBe(told.filter(each => each === 'released').length);
});

test('a lock that is not given fails all who wait for it, and the next one asks anew', async () => {
	let times = 0;
	const storage = fakeStorage([], {
		async lock() {
			times++;
			throw new Error('held elsewhere');
		},
	});
	const work = async () => expect.unreachable();
	const ends = await Promise.allSettled([1, 2].map(() => withStoreLock(storage, context, work)));
	expect(ends.map(({status}) => status)).toEqual(['rejected', 'rejected']);
	expect(times).toBe(1);

	await expect(withStoreLock(storage, context, work)).rejects.toThrow('held elsewhere');
	expect(times).toBe(2);
});
