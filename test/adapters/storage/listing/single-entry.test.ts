import fc from 'fast-check';
import {expect, it} from 'vitest';
import {withEntry} from '../../../../src/adapters/storage/listing/single-entry.ts';
import {tries} from '../../../support/sweep.ts';

it('a map that begins with one entry says the same as a Map, whatever is put into it', () => {
	const entry = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat());
	fc.assert(
		fc.property(fc.array(entry, {minLength: 1, maxLength: 6}), entries => {
			const expected = new Map<string, number>();
			let map: ReadonlyMap<string, number> | undefined;
			for (const [key, value] of entries) {
				expected.set(key, value);
				map = withEntry(map, key, value);
			}

			const seen: [string, number][] = [];
			map!.forEach((value, key) => {
				seen.push([key, value]);
			});
			expect(seen).toEqual([...expected]);
			expect([...map!]).toEqual([...expected]);
			expect([...map!.entries()]).toEqual([...expected]);
			expect([...map!.keys()]).toEqual([...expected.keys()]);
			expect([...map!.values()]).toEqual([...expected.values()]);
			expect(map!.size).toBe(expected.size);
			for (const key of ['a', 'b', 'c', 'd']) {
				expect(map!.get(key)).toBe(expected.get(key));
				expect(map!.has(key)).toBe(expected.has(key));
			}
		}),
		{numRuns: tries(100)},
	);
});
