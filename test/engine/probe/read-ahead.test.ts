import fc from 'fast-check';
import {expect, it} from 'vitest';
import {readAhead} from '../../../src/engine/probe/read-ahead.ts';

async function* of(items: readonly number[], end?: Error) {
	yield* items;
	if (end) {
		throw end;
	}
}

const all = async (items: AsyncIterable<number>) => {
	const seen: number[] = [];
	for await (const item of items) {
		seen.push(item);
	}

	return seen;
};

it('yields everything in its order to one reader, however far ahead it fetches', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.nat(), {maxLength: 30}), fc.integer({min: 1, max: 40}), async (items, most) => {
			expect(await all(readAhead(of(items), most))).toEqual(items);
		}),
	);
});

it('yields everything once to several concurrent readers', async () => {
	const items = Array.from({length: 100}, (_, n) => n);
	const reader = readAhead(of(items), 7);
	const seen: number[] = [];

	await Promise.all(
		Array.from({length: 5}, async () => {
			for (let next = await reader.next(); !next.done; next = await reader.next()) {
				seen.push(next.value);
			}
		}),
	);

	expect(seen.toSorted((a, b) => a - b)).toEqual(items);
});

it('throws an error of the source after the items before it', async () => {
	const seen: number[] = [];
	const reading = (async () => {
		for await (const item of readAhead(of([1, 2, 3], new Error('cut')), 2)) {
			seen.push(item);
		}
	})();

	await expect(reading).rejects.toThrow('cut');
	expect(seen).toEqual([1, 2, 3]);
});

it('does not fetch more than its limit, and stops fetching when its reader stops', async () => {
	let fetched = 0;
	let isClosed = false;
	async function* source() {
		try {
			for (;;) {
				yield fetched++;
			}
		} finally {
			isClosed = true;
		}
	}

	const reader = readAhead(source(), 10);
	await reader.next();
	await new Promise(resolve => setImmediate(resolve));
	expect(fetched).toBeLessThanOrEqual(12);

	await reader.return();
	await new Promise(resolve => setImmediate(resolve));
	expect(isClosed).toBe(true);
});
