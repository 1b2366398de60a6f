import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {isInShard, parseShard} from '../../../src/domain/probe/shard.ts';

const shards = (of: number) => Array.from({length: of}, (_, index) => ({index, of}));
const catalogue = Array.from({length: 5000}, (_, n) => `team-${n % 37}/service-${n}`);

describe('dividing a catalogue into shards', () => {
	it.each(Array.from({length: 16}, (_, n) => n + 1))('%i shards together hold every repository once', of => {
		const dealt = shards(of).map(shard => catalogue.filter(name => isInShard(name, shard)));

		expect(dealt.flat().toSorted()).toEqual(catalogue.toSorted());
		for (const {length} of dealt) {
			expect(length).toBeGreaterThan((catalogue.length / of) * 0.75);
			expect(length).toBeLessThan((catalogue.length / of) * 1.25);
		}
	});

	it('exactly one shard holds a repository, whatever its name and the number of shards', () => {
		fc.assert(
			fc.property(fc.string({unit: 'binary'}), fc.integer({min: 1, max: 64}), (name, of) => {
				expect(shards(of).filter(shard => isInShard(name, shard))).toHaveLength(1);
			}),
		);
	});

	it('is the same in every release', () => {
		const dealt = ['infra-ci', 'acme/app', 'a', 'team/app/base'].map(name =>
			shards(16).findIndex(shard => isInShard(name, shard)),
		);

		expect(dealt).toEqual([5, 8, 3, 6]);
	});
});

describe('I/N', () => {
	it('counts from 0', () => {
		expect(parseShard('0/1')).toEqual({index: 0, of: 1});
		expect(parseShard('3/4')).toEqual({index: 3, of: 4});
	});

	it.each([
		['4/4', /counted from 0: the last is 3\/4/],
		['0/0', /from 1 to/],
		['1', /0\/4 for the first of four/],
		['-1/4', /0\/4/],
		['1/4/2', /0\/4/],
		['a/b', /0\/4/],
		['1.5/4', /0\/4/],
		['', /0\/4/],
		['0/99999999', /from 1 to/],
	])('%j is refused with what to write', (text, hint) => {
		expect(() => parseShard(text)).toThrow(
			expect.objectContaining({code: 'usage.shard', exit: 'usage', hint: expect.stringMatching(hint)}),
		);
	});
});
