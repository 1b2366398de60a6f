import {chmod, mkdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {findStores} from '../../../../src/adapters/storage/host/find-stores.ts';
import type {Shell} from '../../../../src/engine/ports/shell.ts';
import {canBeShutOut, pretendHost} from '../../../support/hosts.ts';
import {temporaryFolder} from '../../../support/real.ts';

const signal = AbortSignal.timeout(20_000);
const cacheConfig = 'version: 0.1\nstorage: {filesystem: {}}\nproxy:\n  remoteurl: https://mirror.example\n';
const plainConfig = 'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: /var/lib/registry\n';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let base: string;

beforeEach(async () => {
	temporary = await temporaryFolder();
	await chmod(temporary.folder, 0o755);
	base = path.join(temporary.folder, 'opt registry');
});

afterEach(() => temporary[Symbol.asyncDispose]());

const store = (...parts: string[]) => mkdir(path.join(base, ...parts, 'docker/registry/v2'), {recursive: true});
const write = (file: string, text: string) => writeFile(path.join(base, file), text);

async function find(asOrdinaryUser = false): ReturnType<typeof findStores> {
	const shell: Shell = await pretendHost('gnu', path.join(temporary.folder, 'host'), {asOrdinaryUser});
	return findStores({shell, base, signal});
}

it('finds stores at the base, one and two folders below it, and a store with two names once', async () => {
	await store();
	await store('private');
	await store('data', 'mirror');
	await store('too', 'deep', 'down');
	await mkdir(path.join(base, 'empty'));
	await symlink('private', path.join(base, 'second-name'));

	expect(await find()).toEqual({
		stores: ['', 'private', 'data/mirror'].map(name => ({root: path.join(base, name)})),
		gaps: [],
	});
});

it('takes the role from the configuration that a compose file mounts beside the store, or from its environment', async () => {
	for (const name of ['private', 'mirror', 'quay']) {
		await store('data', name);
	}

	await mkdir(path.join(base, 'config'));
	await write('config/mirror.yml', cacheConfig);
	await write(
		'docker-compose.yml',
		`services:
  private:
    image: registry:2
    volumes: [./data/private:/var/lib/registry]
  mirror:
    image: registry:2
    volumes:
      - {type: bind, source: ./data/mirror, target: /var/lib/registry}
      - ./config/mirror.yml:/etc/docker/registry/config.yml:ro
  quay:
    image: registry:2
    environment: [REGISTRY_PROXY_REMOTEURL=https://quay.example]
    volumes: [./data/quay:/var/lib/registry]
`,
	);

	expect((await find()).stores).toEqual([
		{root: path.join(base, 'data/mirror'), role: 'cache', saidBy: path.join(base, 'config/mirror.yml')},
		{root: path.join(base, 'data/private'), role: 'authoritative', saidBy: path.join(base, 'docker-compose.yml')},
		{root: path.join(base, 'data/quay'), role: 'cache', saidBy: path.join(base, 'docker-compose.yml')},
	]);
});

it('takes the role from a configuration beside the store or one that names it, and from no other', async () => {
	await store('mirror');
	await write('mirror/config.yml', cacheConfig);
	await store('private');
	await write('config-private.yml', plainConfig);
	await store('unnamed');
	await store('broken');
	await write('broken/config.yml', 'registry: [');

	expect((await find()).stores).toEqual([
		{root: path.join(base, 'broken')},
		{root: path.join(base, 'mirror'), role: 'cache', saidBy: path.join(base, 'mirror/config.yml')},
		{root: path.join(base, 'private'), role: 'authoritative', saidBy: path.join(base, 'config-private.yml')},
		{root: path.join(base, 'unnamed')},
	]);
});

it.skipIf(!canBeShutOut)('names the folders that it could not read', async () => {
	await store('private');
	await store('closed');
	await chmod(path.join(base, 'closed'), 0);

	expect(await find(true)).toEqual({
		stores: [{root: path.join(base, 'private')}],
		gaps: [`this user may not read ${path.join(base, 'closed')}`],
	});
});

it('a base that does not exist is an error in the configuration', async () => {
	await expect(find()).rejects.toMatchObject({code: 'storage.no-base', exit: 'configuration'});
});
