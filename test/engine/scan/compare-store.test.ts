import {expect, it} from 'vitest';
import type {Scan} from '../../../src/domain/storage/findings/finding.ts';
import {compareStore} from '../../../src/engine/scan/compare-store.ts';
import {fakeRegistry, fakeStorage, refusal} from '../../support/fake-ports.ts';
import {emptyTree, listingOf} from '../../support/store-tree.ts';

const {signal} = new AbortController();
const nothing = async () => ({tags: [], notStored: []});
const options = {
	storage: fakeStorage([], {sample: nothing}),
	listing: listingOf(emptyTree()),
	role: 'authoritative',
	signal,
} as const;
const silent = {
	...fakeRegistry(),
	repositories() {
		throw refusal();
	},
};

function scanOf(repositories: number): Scan {
	const counts = {repositories, tags: repositories, indexes: 0, links: 0, blobs: 0};
	return {root: '/opt/registry/data', complete: true, gaps: [], counts, findings: []};
}

it('a store without a fault is not clean where nothing of it could be compared', async () => {
	expect(await compareStore(scanOf(1), silent, options)).toMatchObject({
		complete: false,
		gaps: [expect.stringContaining('was not compared with registry-vm:/opt/registry/data: We are kept out.')],
	});
});

it('an empty store has nothing to compare, and is clean', async () => {
	expect(await compareStore(scanOf(0), fakeRegistry(), options)).toMatchObject({complete: true, gaps: []});
});
