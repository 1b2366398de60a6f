import {chmod, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {createLocalShell} from '../../../../src/adapters/ssh/local.ts';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import type {StoredTag} from '../../../../src/domain/storage/same-registry.ts';
import {buildImage} from '../../../../src/drills/images/image.ts';
import {openStore} from '../../../../src/drills/images/store.ts';
import {canBeShutOut, pretendHost} from '../../../support/hosts.ts';
import {createNonces} from '../../../support/nonces.ts';
import {processes} from '../../../support/processes.ts';
import {locate} from '../../../support/real.ts';
import {createTempFolder} from '../../../support/temp-folder.ts';
import {treeManifest} from '../../../support/tree-manifest.ts';

const signal = AbortSignal.timeout(20_000);
const nonce = createNonces();

async function filledStore() {
	const store = openStore(await createTempFolder());
	const image = (seed: string) => buildImage({seed, platforms: ['linux/amd64'], attestations: false});
	const [app, two, unlinked, empty] = ['app', 'two', 'unlinked', 'empty'].map(image);
	await store.push('acme/app', 'v1', app!);
	await store.push('two', 'latest', two!);
	await store.push('unlinked', 'v1', unlinked!);
	await store.remove(store.revisionLink('unlinked', unlinked!.index.digest));
	await store.push('empty', 'v1', empty!);
	await truncate(store.blobFile(empty!.index.digest), 0);
	await store.push('odd', 'v1', app!);
	await writeFile(path.join(store.tagFolder('odd', 'v1'), 'current/link'), '../../etc/passwd\n$(id)');
	const sample = [
		{repository: 'acme/app', tag: 'v1', digest: app!.index.digest},
		{repository: 'two', tag: 'latest', digest: two!.index.digest},
	];
	return {store, sample};
}

const inOrder = (tags: readonly StoredTag[]) => [...tags].sort((a, b) => (a.repository < b.repository ? -1 : 1));
const asked = ['two', 'acme/app', 'acme/other', 'nobody', 'acme', 'Not;a name'];

it('a sample of a store has its whole tags and the names that it does not hold, and writes nothing', async () => {
	const {store, sample} = await filledStore();
	const storage = createStorage({shell: createLocalShell({nonce, processes}), root: store.root});
	const before = treeManifest(store.root);

	const found = await storage.sample(asked, {signal});

	expect(inOrder(found.tags)).toEqual(sample);
	expect(found.notStored).toEqual(['acme/other', 'nobody']);
	expect(treeManifest(store.root)).toEqual(before);
});

it.skipIf(locate('busybox') === undefined)('a sample is the same with nothing but busybox', async () => {
	const {store, sample} = await filledStore();
	const shell = await pretendHost('busybox', path.join(await createTempFolder(), 'host'));

	const found = await createStorage({shell, root: store.root}).sample(asked, {signal});

	expect(inOrder(found.tags)).toEqual(sample);
	expect(found.notStored).toEqual(['acme/other', 'nobody']);
});

it.skipIf(!canBeShutOut)('a name below a folder that this user may not enter is not called absent', async () => {
	const {store} = await filledStore();
	const folder = await createTempFolder();
	const shell = await pretendHost('gnu', path.join(folder, 'host'), {asOrdinaryUser: true});
	await Promise.all([chmod(folder, 0o755), chmod(store.root, 0o755)]);
	await chmod(path.join(store.base, 'repositories/acme'), 0o700);

	const found = await createStorage({shell, root: store.root}).sample(['acme/app', 'nobody'], {signal});

	expect(found.notStored).toEqual(['nobody']);
});
