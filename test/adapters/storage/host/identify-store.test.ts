import {mkdir, realpath, stat, symlink} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {createLocalShell} from '../../../../src/adapters/ssh/local.ts';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import {createNonces} from '../../../support/nonces.ts';
import {processes} from '../../../support/processes.ts';
import {createTempFolder} from '../../../support/temp-folder.ts';

const {signal} = new AbortController();
const nonce = createNonces();

it('a store is the same by each of its paths, and another one beside it is another', async () => {
	const folder = await createTempFolder();
	const [root, other] = [path.join(folder, 'a store'), path.join(folder, 'other')];
	for (const each of [root, other]) {
		await mkdir(path.join(each, 'docker/registry/v2/repositories'), {recursive: true});
	}

	await symlink(root, path.join(folder, 'link'));
	const identityOf = (at: string) =>
		createStorage({shell: createLocalShell({processes, nonce}), root: at}).identity({signal});

	const paths = [root, path.join(root, 'docker/registry/v2'), path.join(folder, 'link')];
	const {dev, ino} = await stat(root);
	for (const at of paths) {
		expect(await identityOf(at)).toEqual({root: await realpath(root), device: `${dev}:${ino}`, hostKey: null});
	}

	expect((await identityOf(other)).device).not.toBe(`${dev}:${ino}`);
	await expect(identityOf(folder)).rejects.toMatchObject({code: 'storage.no-root'});
});
