import {describe, expect, it} from 'vitest';
import type {OperatorError} from '../../../src/domain/errors.ts';
import type {PathState} from '../../../src/domain/storage/listing/listing.ts';
import type {HashAnswer} from '../../../src/engine/ports/storage.ts';
import {scanStore} from '../../../src/engine/scan/scan-store.ts';
import {fakeStorage, refusal, unreachable} from '../../support/fake-ports.ts';
import {oddImages} from '../../support/odd-images.ts';
import {damages, pushVictim} from '../../support/store-damage.ts';
import {emptyTree, listingOf, push} from '../../support/store-tree.ts';

const {signal} = new AbortController();
const options = {role: 'authoritative', signal} as const;

function wholeStore() {
	const tree = emptyTree();
	push(tree, 'app', 'latest', oddImages.buildx!('one'));
	return listingOf(tree);
}

/** Answers `each` blobs a call, then fails. */
function cutHashing(each: number, failure: () => OperatorError) {
	const calls: number[] = [];
	return {
		calls,
		async hash(digests: Iterable<HashAnswer['digest']>, {onAnswer}: {onAnswer?: (answer: HashAnswer) => void}) {
			const all = [...digests].map((digest): HashAnswer => ({digest, state: 'same', bytes: 1}));
			calls.push(all.length);
			const done = all.slice(0, each);
			for (const answer of done) {
				onAnswer?.(answer);
			}

			if (done.length < all.length) {
				throw failure();
			}

			return done;
		},
	};
}

describe('hashing', () => {
	it('continues with the remaining blobs after it was cut off', async () => {
		const listing = wholeStore();
		const {calls, hash} = cutHashing(6, unreachable);

		const {scan} = await scanStore(fakeStorage([], {list: async () => listing, hash}), {...options, hash: {}});

		expect(scan).toMatchObject({complete: true, findings: []});
		expect(calls).toEqual([listing.blobs.size, listing.blobs.size - 6, listing.blobs.size - 12]);
	});

	it.each([
		['a cut that never gets any further', 0, unreachable],
		['a refusal', 3, refusal],
	] as const)('that ends in %s leaves the scan incomplete, and says why', async (_name, each, failure) => {
		const listing = wholeStore();
		const {calls, hash} = cutHashing(each, failure);

		const {scan} = await scanStore(fakeStorage([], {list: async () => listing, hash}), {...options, hash: {}});

		expect(scan).toMatchObject({complete: false, findings: []});
		expect(scan.gaps.join()).toMatch(/could not be hashed.*hashing stopped: /);
		expect(calls).toHaveLength(1);
	});

	it('reports every result, and rethrows an error that is a bug', async () => {
		const listing = wholeStore();
		const told: unknown[] = [];
		const storage = fakeStorage([], {list: async () => listing, hash: cutHashing(99, unreachable).hash});

		await scanStore(storage, {
			...options,
			hash: {},
			onProgress: ({label, done, total}) => told.push([label, done, total]),
		});
		expect(told).toContainEqual(['blobs hashed', listing.blobs.size, listing.blobs.size]);

		const broken = fakeStorage([], {list: async () => listing, hash: () => Promise.reject(new TypeError('a bug'))});
		await expect(scanStore(broken, {...options, hash: {}})).rejects.toThrow(TypeError);
	});
});

it('everything that a finding rests on is read again before it is reported', async () => {
	const tree = emptyTree();
	damages['a layer is gone']!(tree, pushVictim(tree, 0));
	const asked: string[] = [];
	const storage = {
		...fakeStorage([], {list: async () => listingOf(tree)}),
		async recheck(paths: readonly string[]): Promise<Map<string, PathState>> {
			asked.push(...paths);
			return new Map(
				paths.map((path): [string, PathState] => [path, {state: 'there', size: 71, changed: 1_600_000_000}]),
			);
		},
	};

	const {scan} = await scanStore(storage, options);

	expect(asked).toContain('repositories/victim/_manifests/tags/latest/current/link');
	expect(scan).toMatchObject({complete: false, findings: []});
	expect(scan.gaps.join()).toContain('(layer-missing) changed while the store was read');
});
