import {describe, expect, it} from 'vitest';
import {assess} from '../../../src/domain/storage/findings/assess.ts';
import type {Scan} from '../../../src/domain/storage/findings/finding.ts';
import {currentLink} from '../../../src/domain/storage/listing/paths.ts';
import {buildImage} from '../../../src/drills/images/image.ts';
import type {BlobAnswer, Registry} from '../../../src/engine/ports/registry.ts';
import {compareStore} from '../../../src/engine/scan/compare-store.ts';
import {sayScan} from '../../../src/plain/scan/say-scan.ts';
import {fakeRegistry, fakeStorage, refusal} from '../../support/fake-ports.ts';
import {serveTree} from '../../support/memory-store.ts';
import {emptyTree, listingOf, push} from '../../support/store-tree.ts';

const {signal} = new AbortController();
const nothing = async () => ({tags: [], notStored: []});
const options = {
	storage: fakeStorage([], {sample: nothing}),
	listing: listingOf(emptyTree()),
	role: 'authoritative',
	signal,
} as const;
const failing = {code: 'registry.failing', message: 'It fails.', hint: 'Look.'} as const;
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

/** Whole images of repositories of their own, as the disk has them and as a registry serves them. */
function wholeStore(images: number) {
	const tree = emptyTree();
	for (let n = 0; n < images; n++) {
		const {manifests, index, blobs} = buildImage({seed: `whole ${n}`, platforms: ['linux/amd64'], layers: 1});
		push(tree, `acme/app-${n}`, 'v1', {manifests: [...manifests, index], blobs});
	}

	const listing = listingOf(tree);
	const scan = assess(listing, {role: 'authoritative'});
	const served = serveTree(tree, () => {});
	const registry: Registry = {
		...served,
		async *repositories() {
			yield* listing.repositories.keys();
			return {pages: 1, furtherRequests: 0, mayOmit: []};
		},
	};
	return {tree, scan, registry, compare: {...options, listing}};
}

it('some images that the disk shows whole are asked for as well, spread over the store, and all of them if wanted', async () => {
	const {scan, registry, compare} = wholeStore(6);
	const asked = new Set<string>();
	const heard: Registry = {
		...registry,
		manifest: (repository, reference, waiting) => {
			asked.add(`${repository}:${reference}`);
			return registry.manifest(repository, reference, waiting);
		},
	};

	const some = await compareStore(scan, heard, {...compare, sample: 3});
	expect(some).toMatchObject({complete: true, findings: [], sampled: {asked: 3, of: 6}});
	expect([...asked].filter(name => name.endsWith(':v1'))).toHaveLength(3);
	expect(await compareStore(scan, registry, {...compare, sample: 20})).toMatchObject({sampled: {asked: 6, of: 6}});
});

it('a part that the registry fails on, and the disk has whole, is a difference to look into, and no case for a restart', async () => {
	const {scan, registry, compare} = wholeStore(3);
	const answer: BlobAnswer = {state: 'unserved', status: 500, detail: 'no reason', failure: failing};
	let first = true;
	const blob: Registry['blob'] = async (...asked) => {
		const isFirst = first;
		first = false;
		return isFirst ? answer : registry.blob(...asked);
	};

	const compared = await compareStore(scan, {...registry, blob}, {...compare, sample: 3});

	expect(compared.findings).toMatchObject([{kind: 'answers-differ', remedy: 'inspect'}]);
	expect(sayScan(compared).join(' ')).not.toContain('No fault found');
});

it('where HTTP does not tell, the scan is not complete, and says why once', async () => {
	const {scan, registry, compare} = wholeStore(6);
	const failsAlways: Registry = {
		...registry,
		blob: async () => ({state: 'unserved', status: 500, detail: 'no reason', failure: failing}),
	};

	const compared = await compareStore(scan, failsAlways, {...compare, sample: 6});

	expect(compared).toMatchObject({complete: false, findings: []});
	expect(compared.gaps).toHaveLength(1);
	expect(sayScan(compared).join(' ')).toContain('No fault found in the part that could be read');
});

describe('an image that is whole on the disk, and that the registry does not have,', () => {
	const {tree, scan, registry, compare} = wholeStore(3);
	const lacking: Registry = {
		...registry,
		tags: async () => [],
		manifest: async (repository, ...asked) =>
			repository === 'acme/app-1'
				? {state: 'missing', status: 404, detail: 'manifest unknown'}
				: registry.manifest(repository, ...asked),
	};
	const gap = expect.stringMatching(/acme\/app-1:v1 is whole on the disk, and the registry does not have it/);
	const without = (isGone: (path: string) => boolean) =>
		fakeStorage([], {
			sample: nothing,
			recheck: async paths =>
				new Map(paths.map(path => [path, isGone(path) ? {state: 'gone'} : {state: 'there', size: 71}])),
		});
	const removed = without(path => path.endsWith('/link'));

	it('is a gap', async () => {
		expect(await compareStore(scan, lacking, {...compare, sample: 3})).toMatchObject({complete: false, gaps: [gap]});
	});

	it('is none where its tag was removed from the disk as well since', async () => {
		const compared = await compareStore(scan, lacking, {...compare, storage: removed, sample: 3});

		expect(compared).toMatchObject({complete: true, gaps: [], findings: []});
	});

	it('is a gap where the disk cannot be read again, the repository is gone, or another tag named it', async () => {
		const vanished = without(() => true);
		expect(await compareStore(scan, lacking, {...compare, storage: vanished, sample: 3})).toMatchObject({gaps: [gap]});

		const closed = fakeStorage([], {sample: nothing, recheck: () => Promise.reject(refusal())});
		expect(await compareStore(scan, lacking, {...compare, storage: closed, sample: 3})).toMatchObject({gaps: [gap]});

		const link = tree.files.get(currentLink('acme/app-1', 'v1'))!;
		tree.files.set(currentLink('acme/app-1', 'v2'), link);
		const listing = listingOf(tree);
		const both = await compareStore(scan, lacking, {...compare, listing, storage: removed, sample: 3});
		expect(both).toMatchObject({gaps: [gap]});
	});
});
