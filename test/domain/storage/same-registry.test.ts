import {describe, expect, it} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {
	type BothSides,
	type StoredTag,
	sameRegistry,
	sampleListing,
} from '../../../src/domain/storage/same-registry.ts';
import {oddImages} from '../../support/odd-images.ts';
import {emptyTree, listingOf, push, remove, rootOf} from '../../support/store-tree.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const tag = (name: string, letter: string): StoredTag => ({repository: name, tag: 'v1', digest: digest(letter)});

function verdict(
	served: BothSides['served'],
	{listed = ['one', 'two'], notStored = []}: {listed?: string[] | undefined; notStored?: string[]} = {},
) {
	return sameRegistry({listed, sample: {tags: [tag('one', 'a'), tag('two', 'b')], notStored}, served});
}

describe('a registry and a disk', () => {
	it('are of the same registry where every tag and name that was compared agrees', () => {
		expect(verdict([digest('a'), digest('b')])).toEqual({kind: 'same'});
		expect(verdict([digest('a'), 'unknown'])).toEqual({kind: 'same'});
	});

	it('are of different registries where no tag agrees, and the tags say so', () => {
		expect(verdict([digest('c'), 'absent'])).toEqual({
			kind: 'another',
			evidence: [
				'one:v1 is sha256:aaaaaaaaaaaa on the disk; the registry serves sha256:cccccccccccc',
				'two:v1 is sha256:bbbbbbbbbbbb on the disk; the registry does not have this tag',
			],
		});
	});

	it('are of different registries where the registry has none of the tags and lists what the disk does not hold, or nothing', () => {
		expect(verdict(['absent', 'absent'], {listed: ['three'], notStored: ['three']})).toMatchObject({
			kind: 'another',
			evidence: expect.arrayContaining(['the registry lists three, which the disk does not hold']),
		});
		expect(verdict(['absent', 'absent'], {listed: []})).toMatchObject({kind: 'another'});
	});

	it('agree in part where only some tags or names do', () => {
		expect(verdict([digest('a'), digest('c')])).toMatchObject({
			kind: 'partly',
			evidence: [expect.stringContaining('two:v1')],
		});
		expect(verdict([digest('a'), digest('b')], {notStored: ['two']})).toMatchObject({kind: 'partly'});
	});

	it('are not called different for tags alone that the registry lacks while the disk holds each name that it lists', () => {
		expect(verdict(['absent', 'absent'])).toMatchObject({kind: 'partly'});
	});

	it('are compared by names where no tag could be asked for', () => {
		expect(verdict(['unknown', 'unknown'])).toEqual({kind: 'same'});
		expect(verdict([], {notStored: ['one', 'two']})).toMatchObject({kind: 'another'});
		expect(verdict([], {notStored: ['one']})).toMatchObject({kind: 'partly'});
	});

	it('are not compared where there is nothing to compare', () => {
		expect(verdict([], {listed: []})).toMatchObject({kind: 'unknown'});
		expect(sameRegistry({listed: undefined, sample: {tags: [], notStored: []}, served: []})).toMatchObject({
			kind: 'unknown',
		});
	});
});

it('the sample of a listing has no tag whose manifest is damaged, and claims no name of a store that was read in part', () => {
	const tree = emptyTree();
	const [whole, gone] = ['whole', 'gone'].map(seed => oddImages[Object.keys(oddImages)[0]!]!(seed)) as [never, never];
	push(tree, 'one', 'v1', whole);
	push(tree, 'two', 'v1', gone);
	const listing = listingOf(tree);
	remove(tree, `blobs/${rootOf(gone).digest.replace(/:(..)/, '/$1/$1')}`);

	expect(sampleListing(listingOf(tree), ['one', 'three'])).toEqual({
		tags: [{repository: 'one', tag: 'v1', digest: rootOf(whole).digest}],
		notStored: ['three'],
	});
	expect(sampleListing(listing, []).tags).toHaveLength(2);
	expect(sampleListing({...listing, complete: false}, ['three']).notStored).toEqual([]);
});
