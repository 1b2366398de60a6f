import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {findVolume} from '../../../../src/adapters/storage/host/find-volume.ts';
import {findContainerStores, sayContainerStores} from '../../../../src/adapters/storage/host/registry-containers.ts';
import {pretendHost} from '../../../support/hosts.ts';
import {temporaryFolder} from '../../../support/real.ts';

const signal = AbortSignal.timeout(60_000);
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
	temporary = await temporaryFolder();
});
afterAll(() => temporary[Symbol.asyncDispose]());

/** As docker 28 and podman 4.3 say it. */
const says = {
	found: (folder: string) => `case "$1 $2" in 'volume inspect') echo ${folder} ;; esac`,
	unknown: (...names: string[]) =>
		`case "$1 $2" in 'volume inspect') echo "Error response from daemon: get $5: no such volume" >&2; exit 1 ;; 'volume ls') printf '%s\\n' ${names.join(' ')} ;; esac`,
	closed:
		'echo "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get ...: dial unix /var/run/docker.sock: connect: permission denied" >&2; exit 1',
	down: 'echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?" >&2; exit 1',
	unset: 'echo "Error: cannot re-exec process to join the existing user namespace: permission denied" >&2; exit 125',
};

describe('a volume', () => {
	let number = 0;
	async function find(programs: Record<string, string>, volume = 'data', engine?: 'docker' | 'podman') {
		const folder = path.join(temporary.folder, `host-${number++}`);
		await mkdir(folder);
		const absent = {docker: says.unknown(), podman: says.unknown()};
		const shell = await pretendHost('gnu', folder, {programs: {...absent, ...programs}});
		return findVolume({volume, ...(engine && {engine})}, {shell, signal});
	}

	it('is where its engine keeps it, wherever that was moved to, and a folder in it is below that', async () => {
		const docker = says.found('/mnt/docker/volumes/data/_data');

		expect(await find({docker})).toMatchObject({engine: 'docker', folder: '/mnt/docker/volumes/data/_data'});
		expect(await find({docker}, 'data/private')).toMatchObject({folder: '/mnt/docker/volumes/data/_data/private'});
	});

	it('of podman is found beside a docker that has none, or that is not running', async () => {
		const podman = says.found('/var/lib/containers/storage/volumes/data/_data');

		expect(await find({podman})).toMatchObject({engine: 'podman'});
		expect(await find({podman, docker: says.down})).toMatchObject({engine: 'podman'});
	});

	it('that docker tells through podman is one volume; two volumes of one name are not chosen from', async () => {
		const podman = says.found('/var/lib/containers/storage/volumes/data/_data');
		const docker = `echo 'Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.' >&2; ${podman}`;

		expect(await find({docker, podman})).toMatchObject({folder: '/var/lib/containers/storage/volumes/data/_data'});
		const both = {docker: says.found('/var/lib/docker/volumes/data/_data'), podman};
		await expect(find(both)).rejects.toMatchObject({
			code: 'storage.volume',
			hint: expect.stringContaining('engine: podman'),
		});
		expect(await find(both, 'data', 'podman')).toMatchObject({engine: 'podman'});
	});

	it.each([
		[
			'a login outside the group',
			{docker: says.closed},
			'refused',
			/this login may not use docker/,
			/usermod -aG docker/,
		],
		[
			'no daemon',
			{docker: says.down},
			'unreachable',
			/does not tell where the volume data is: Cannot connect/,
			/Start its daemon/,
		],
		[
			'a name without the project',
			{docker: says.unknown('acme_data', 'db')},
			'configuration',
			/no volume data/,
			/there: acme_data\. /,
		],
		[
			'a podman that was never set up',
			{docker: says.unknown('db'), podman: says.unset},
			'configuration',
			/no volume data/,
			/there: db\. /,
		],
		['no volume at all', {}, 'configuration', /no volume data/, /become: sudo/],
	])('%s: what happened, and what helps', async (_, programs, exit, message, hint) => {
		await expect(find(programs)).rejects.toMatchObject({
			code: 'storage.volume',
			exit,
			message: expect.stringMatching(message),
			hint: expect.stringMatching(hint),
		});
	});
});

it('a container tells where its registry keeps the store: the deepest mount above the folder counts', async () => {
	const inspected = [
		'env PATH=/bin',
		'env REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/var/lib/registry/private',
		'mount bind||/srv|/var/lib',
		'mount volume|acme_data|/var/lib/docker/volumes/acme_data/_data|/var/lib/registry',
		'mount bind||/etc/registry.yml|/etc/docker/registry/config.yml',
	].join('\\n');
	const docker = `case $1 in ps) echo 'c1 web acme/web:1'; echo 'c2 registry registry:2' ;; inspect) for id do :; done; case $id in c2) printf '${inspected}\\n' ;; esac ;; esac`;
	const folder = path.join(temporary.folder, 'containers');
	const shell = await pretendHost('gnu', folder, {programs: {docker, podman: 'exit 1'}});

	const stores = await findContainerStores({shell, signal});

	expect(stores).toEqual([
		{
			engine: 'docker',
			container: 'registry',
			inside: '/var/lib/registry/private',
			folder: '/var/lib/docker/volumes/acme_data/_data/private',
			volume: 'acme_data/private',
		},
	]);
	expect(sayContainerStores(stores)).toContain('write `volume: acme_data/private`');
	expect(sayContainerStores([])).toBeUndefined();
});
