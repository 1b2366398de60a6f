import {expect, test} from 'vitest';
import {defined} from '../../../src/domain/defined.ts';
import {OperatorError} from '../../../src/domain/errors.ts';
import {inventoryOf} from '../../../src/domain/inventory/inventory.ts';
import {buildImage} from '../../../src/drills/images/image.ts';
import {storageScan} from '../../../src/engine/actions/storage-scan.ts';
import type {InventoryReader} from '../../../src/engine/ports/inventory.ts';
import {contextWith} from '../../support/fake-ports.ts';
import {memoryHost, readTree, serveTree} from '../../support/memory-store.ts';
import {emptyTree, push, type StoreTree} from '../../support/store-tree.ts';

const image = `${memoryHost}/infra-ci:latest`;

function storeWith(...pushes: [repository: string, seed: string][]): StoreTree {
	const tree = emptyTree();
	for (const [repository, seed] of pushes) {
		const {manifests, index, blobs} = buildImage({seed});
		push(tree, repository, 'latest', {manifests: [...manifests, index], blobs});
	}

	return tree;
}

/** Scans one store for a registry that serves another, or the same. */
async function scan({disk, served, inventory}: {disk: StoreTree; served: StoreTree; inventory?: InventoryReader}) {
	const registry = serveTree(served, () => {});
	const storage = readTree(disk);
	const catalogue = [...served.folders.keys()].flatMap(
		path => /^repositories\/([^_]+)\/_manifests$/.exec(path)?.[1] ?? [],
	);
	const listed = Object.assign(registry, {
		async *repositories() {
			yield* catalogue;
		},
	});
	storage.sample = async names => ({
		tags: [],
		notStored: names.filter(name => !disk.folders.has(`repositories/${name}`)),
	});
	return storageScan.run(storageScan.parse({image}), contextWith({registry: listed, storage, ...defined({inventory})}));
}

test('of a whole image it says that sizes were compared, and bytes were not hashed', async () => {
	const tree = storeWith(['infra-ci', 'one']);

	expect(await scan({disk: tree, served: tree})).toMatchObject({
		outcome: 'clean',
		output: {complete: true},
		say: 'On disk, the disk holds every part of this image, each with the right size (their bytes were not hashed); no other image is damaged.',
	});
});

test('the disk of another registry is named, and nothing on it counts as a finding of this image', async () => {
	const result = await scan({disk: storeWith(['elsewhere', 'two']), served: storeWith(['infra-ci', 'one'])});

	expect(result).toMatchObject({
		outcome: 'incomplete',
		output: {complete: false, findings: [], others: [], sibling: null, another: expect.stringMatching(/infra-ci/)},
		say: expect.stringMatching(
			/serves another registry than registry-vm:.* holds: .*Correct the registry’s url or storage\.root/,
		),
	});
});

const seen = {firstSeen: '2026-04-18T02:00:00Z', lastSeen: '2026-04-19T02:00:00Z'};
const probed: InventoryReader = {
	place: '/var/lib/inventory.jsonl',
	async read() {
		const {digest} = buildImage({seed: 'one'}).index;
		const entries = ['infra-ci', 'gone'].map(repository => ({repository, tag: 'latest', digest, ...seen}));
		return {inventory: inventoryOf(memoryHost, entries), isTorn: false};
	},
};

test('what probes saw and the disk does not show is in the output, with what the tag has named, and found where its bytes are', async () => {
	const tree = storeWith(['infra-ci', 'one']);

	expect(await scan({disk: tree, served: tree, inventory: probed})).toMatchObject({
		outcome: 'clean',
		output: {
			inventory: {file: '/var/lib/inventory.jsonl', repositories: [{repository: 'gone', lastSeen: seen.lastSeen}]},
			named: [{repository: 'infra-ci', tag: 'latest', ...seen}],
			others: [{kind: 'repository-vanished', repository: 'gone', tags: ['latest'], remedy: 'relink'}],
		},
		say: expect.stringMatching(/1 finding on other images\. Compared with what probes saw: 1 repository gone\.$/),
	});
});

test('an inventory is not compared with the disk of another registry', async () => {
	const {output} = await scan({
		disk: storeWith(['elsewhere', 'two']),
		served: storeWith(['infra-ci', 'one']),
		inventory: probed,
	});

	expect(output).not.toHaveProperty('inventory');
});

test.each([
	[
		'that cannot be read',
		() => Promise.reject(new OperatorError('inventory.unreadable', 'EACCES.', {hint: 'Look.', exit: 'failed'})),
		/EACCES\. Look\./,
	],
	['that no probe has written', async () => undefined, /No probe has written \/var\/lib\/inventory\.jsonl yet/],
])('an inventory %s is said, and the scan is as complete as without it', async (_, read, said) => {
	const tree = storeWith(['infra-ci', 'one']);

	expect(await scan({disk: tree, served: tree, inventory: {...probed, read}})).toMatchObject({
		outcome: 'clean',
		output: {complete: true, inventory: {problem: expect.stringMatching(said)}},
		say: expect.stringMatching(said),
	});
});
