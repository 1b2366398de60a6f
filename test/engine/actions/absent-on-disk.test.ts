import {expect, it} from 'vitest';
import {defined} from '../../../src/domain/defined.ts';
import {parseReference} from '../../../src/domain/image/reference.ts';
import {inventoryOf} from '../../../src/domain/inventory/inventory.ts';
import type {PathState} from '../../../src/domain/storage/listing/listing.ts';
import {buildImage} from '../../../src/drills/images/image.ts';
import {registryVerify} from '../../../src/engine/actions/registry-verify.ts';
import type {InventoryReader} from '../../../src/engine/ports/inventory.ts';
import type {Storage} from '../../../src/engine/ports/storage.ts';
import {contextWith, fakeRegistry, fakeStorage, image, smallManifest, unreachable} from '../../support/fake-ports.ts';
import {emptyTree, listingOf, push, remove} from '../../support/store-tree.ts';

const neighbour = smallManifest('neighbour');
const inputs = {image: parseReference(image), depth: 'edge'} as const;

/** The registry serves another tag of the disk and lacks the one that is asked for. */
async function verifyWith(storage: Storage | undefined, inventory?: InventoryReader, asked: string = image) {
	const registry = fakeRegistry({other: neighbour});
	try {
		return await registryVerify.run(
			{...inputs, image: parseReference(asked)},
			contextWith({registry, ...defined({storage, inventory})}),
		);
	} catch (error) {
		return error;
	}
}

function diskWith(state: PathState, tree = emptyTree()): Storage {
	return fakeStorage([], {
		list: async () => listingOf(tree),
		recheck: async paths => new Map(paths.map(path => [path, state])),
		sample: async () => ({
			tags: [{repository: 'infra-ci', tag: 'other', digest: neighbour.digest}],
			notStored: [],
		}),
	});
}

it('a tag that the registry does not know is absent where its disk lacks it too, and where no disk is configured', async () => {
	expect(await verifyWith(undefined)).toMatchObject({code: 'image.absent'});
	expect(await verifyWith(diskWith({state: 'gone'}))).toMatchObject({code: 'image.absent'});
});

it('a tag that the registry does not know and its disk holds is unknown, with where it is', async () => {
	const found = await verifyWith(diskWith({state: 'there', size: 71}));

	expect(found).toMatchObject({
		outcome: 'unknown',
		output: {verdict: 'unknown', unchecked: [{code: 'registry.answers-differ', via: []}]},
		say: expect.stringContaining('but registry-vm:/opt/registry/data holds it'),
	});
});

it('a tag that the registry does not know is unknown where its disk cannot be read', async () => {
	const unread = await verifyWith(diskWith({state: 'unread'}));
	const away = await verifyWith(
		fakeStorage([], {
			recheck: async () => {
				throw unreachable();
			},
		}),
	);

	expect(unread).toMatchObject({outcome: 'unknown', say: expect.stringContaining('could not be read')});
	expect(away).toMatchObject({
		outcome: 'unknown',
		say: expect.stringContaining('its disk could not be asked: Nobody answers.'),
	});
});

const {manifests, index, blobs} = buildImage({seed: 'lost'});
const lost = emptyTree();
push(lost, 'other', 'latest', {manifests: [{...neighbour, bytes: Buffer.from(neighbour.bytes)}], blobs: []});
push(lost, 'infra-ci', 'latest', {manifests: [...manifests, index], blobs});
remove(lost, 'repositories/infra-ci');
const probed: InventoryReader = {
	place: '/var/lib/inventory.jsonl',
	async read() {
		const seen = {firstSeen: '2026-04-18T02:00:00Z', lastSeen: '2026-04-19T02:00:00Z'};
		const entry = {repository: 'infra-ci', tag: 'latest', digest: index.digest, ...seen};
		return {inventory: inventoryOf('registry.example', [entry]), isTorn: false};
	},
};

/** The blobs are there, and nothing of the repository. */
const bytesOnly: Storage = {
	...diskWith({state: 'gone'}, lost),
	recheck: async paths =>
		new Map(
			paths.map((path): [string, PathState] => [
				path,
				path.startsWith('blobs/') ? {state: 'there', size: lost.files.get(path)?.bytes.length ?? 71} : {state: 'gone'},
			]),
		),
};

it('a tag whose repository is gone from the disk is unknown and not absent where a probe or a person names its bytes', async () => {
	for (const found of [
		await verifyWith(bytesOnly, probed),
		await verifyWith(bytesOnly, undefined, `${image}@${index.digest}`),
	]) {
		expect(found).toMatchObject({
			outcome: 'unknown',
			output: {unchecked: [{code: 'image.vanished'}]},
			say: expect.stringContaining('has lost its repository, and still holds sha256:'),
		});
	}
});

it('a tag whose repository is gone from the disk is absent where nothing names its bytes, with what is there without a name', async () => {
	expect(await verifyWith(bytesOnly)).toMatchObject({
		code: 'image.absent',
		message: expect.stringContaining(`holds 1 image without one: ${index.digest} (index of linux/amd64`),
	});
});
