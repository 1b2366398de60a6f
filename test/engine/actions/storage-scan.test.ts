import {expect, test} from 'vitest';
import {buildImage} from '../../../src/drills/images/image.ts';
import {storageScan} from '../../../src/engine/actions/storage-scan.ts';
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
async function scan({disk, served}: {disk: StoreTree; served: StoreTree}) {
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
	return storageScan.run(storageScan.parse({image}), contextWith({registry: listed, storage}));
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
