import {existsSync} from 'node:fs';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import {toJsonObject} from '../../src/domain/json.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {registryRelink} from '../../src/engine/actions/registry-relink.ts';
import type {Storage} from '../../src/engine/ports/storage.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {contextWith} from '../support/fake-ports.ts';
import {isPullable} from '../support/http-push.ts';
import {type MemoryLab, openMemoryLab} from '../support/memory-lab.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {describeReal, temporaryFolder} from '../support/real.ts';
import {registryVersion} from '../support/registry-program.ts';

const image = buildImage({seed: 'read back', attestations: false, platforms: ['linux/amd64']});
const layer = image.blobs[1]!;
const repository = 'acme/app';

/** What a registry answers 201 to, and its disk does not have. */
describeReal(`a relink that registry ${registryVersion} answers from memory`, ['docker-registry', 'curl'], () => {
	async function openLab(): Promise<MemoryLab> {
		const {folder, [Symbol.asyncDispose]: remove} = await temporaryFolder();
		const lab = await openMemoryLab(path.join(folder, 'lab'));
		onTestFinished(async () => {
			await lab[Symbol.asyncDispose]();
			await remove();
		});
		await lab.store.push(repository, 'v1', image);
		expect(await isPullable(lab.host, repository, 'v1')).toBe(true);
		return lab;
	}

	/** @param around the storage of the registry */
	async function relink({host, store}: MemoryLab, part: object, around: (storage: Storage) => Partial<Storage>) {
		const registry = createRegistry({
			host,
			url: `http://${host}`,
			clock: systemClock,
			credentials: async () => undefined,
		});
		const storage = createStorage({shell: createLocalShell({processes, nonce: createNonces()}), root: store.root});
		onTestFinished(async () => {
			await Promise.all([registry.close(), storage.close()]);
		});
		const finding = {kind: 'layer-unlinked', repository, tags: ['v1'], via: [], missing: [], detail: ''};
		const plan = {complete: true, parts: [part]};
		const inputs = registryRelink.parse(
			toJsonObject({image: `${host}/${repository}:v1`, findings: [{...finding, remedy: 'relink', plan}]}),
		);
		expect(inputs.image).toEqual(parseReference(`${host}/${repository}:v1`));
		return registryRelink.run(inputs, contextWith({registry, storage: {...storage, ...around(storage)}}));
	}

	test('of a manifest whose data is removed meanwhile stores no file, and is not called relinked', async () => {
		const lab = await openLab();
		const {store} = lab;
		const {digest, bytes} = image.index;
		await store.remove(store.revisionLink(repository, digest));

		const result = await relink(lab, {digest, role: 'manifest', where: 'disk', size: bytes.length}, storage => ({
			async readBlob(...asked) {
				const read = await storage.readBlob(...asked);
				await store.remove(store.blobFile(digest));
				return read;
			},
		}));

		expect(existsSync(store.blobFile(digest))).toBe(false);
		expect(result).toMatchObject({
			outcome: 'rejected',
			output: {relinked: []},
			say: expect.stringContaining('does not serve it: it answers from memory'),
		});
	});

	test('of a layer whose link is removed again is served, and only the disk shows that it is not there', async () => {
		const lab = await openLab();
		const {store} = lab;
		const link = store.layerLink(repository, layer.digest);
		await store.remove(link);
		let looks = 0;

		const part = {digest: layer.digest, role: 'layer', where: 'disk', size: layer.bytes.length};
		const result = await relink(lab, part, storage => ({
			async recheck(...asked) {
				// After the relink, a collection of 3.x removes the link.
				if (looks++ > 0) {
					expect(existsSync(link)).toBe(true);
					await store.remove(link);
				}

				return storage.recheck(...asked);
			},
		}));

		expect(await isPullable(lab.host, repository, 'v1')).toBe(true);
		expect(result).toMatchObject({
			outcome: 'rejected',
			output: {relinked: []},
			say: expect.stringContaining('and its disk does not hold it'),
		});
		expect(await relink(lab, part, () => ({}))).toMatchObject({
			outcome: 'relinked',
			output: {relinked: [layer.digest]},
		});
		expect(existsSync(link)).toBe(true);
	});
});
