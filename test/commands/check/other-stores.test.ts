import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {exitCodes} from '../../../src/domain/errors.ts';
import {buildImage} from '../../../src/drills/images/image.ts';
import {openStore} from '../../../src/drills/images/store.ts';
import {type RegistrySimulator, startRegistry} from '../../../src/drills/registry/server.ts';
import {type Login, openLogin} from '../../support/cli.ts';

const v2 = 'docker/registry/v2';
const layer = 'blobs/sha256/ab/abcd/data';

/**
 * The files of each, as its own documentation or source shows them.
 * @see zot: docs, "Storage": an OCI layout in each repository. Harbor: make/photon/prepare, data_volume. GitLab: docs, "Container
 * registry metadata database", lockfiles. Nexus Repository 3: file blob store, vol-/chap- folders, and folders by date since 3.75
 */
const stores: [name: string, files: string[], root: string, is: string, instead: string][] = [
	[
		'zot',
		['cache.db', 'acme/app/oci-layout', 'acme/app/index.json', 'acme/app/blobs/sha256/abcd'],
		'',
		'as zot keeps each repository',
		'zot scrub CONFIG',
	],
	[
		'harbor',
		[
			`registry/${v2}/${layer}`,
			'job_logs/1.log',
			'secret/core/private_key.pem',
			'database/PG_VERSION',
			'redis/dump.rdb',
		],
		'registry',
		'the storage of Harbor',
		'log of garbage collections',
	],
	[
		'gitlab',
		[`${v2}/${layer}`, 'docker/registry/lockfiles/database-in-use'],
		'',
		'GitLab’s registry with its metadata database',
		'online garbage collection',
	],
	[
		'nexus',
		['metadata.properties', 'content/vol-01/chap-01/x.bytes', 'content/vol-01/chap-01/x.properties'],
		'',
		'a blob store of Nexus Repository',
		'Repair - Reconcile component database from blob store',
	],
	[
		'nexus-by-date',
		['metadata.properties', 'content/2026/04/19/02/00/x.bytes', 'content/2026/04/19/02/00/x.properties'],
		'',
		'a blob store of Nexus Repository',
		'Repair - Reconcile component database from blob store',
	],
];

describe('a configured registry whose storage is that of another kind', () => {
	let login: Login;
	let registry: RegistrySimulator;

	beforeAll(async () => {
		login = await openLogin();
		const store = openStore(path.join(login.folder, 'served'));
		await store.push('acme/app', 'v1', buildImage({seed: 'elsewhere'}));
		registry = await startRegistry({root: store.root});
	});

	afterAll(async () => {
		await registry?.close();
		await login?.[Symbol.asyncDispose]();
	});

	it.each(stores)(
		'%s: scan and check name it and what to use instead; verify and probe work',
		async (name, files, root, is, instead) => {
			const folder = path.join(login.folder, name);
			for (const file of files) {
				await mkdir(path.dirname(path.join(folder, file)), {recursive: true});
				await writeFile(path.join(folder, file), 'x');
			}

			const private_ = {url: registry.url, storage: {root: path.join(folder, root)}};
			await writeFile(path.join(login.folder, 'work/regmedic.yaml'), JSON.stringify({registries: {private: private_}}));
			const run = async (...args: string[]) => {
				const {exitCode, stdout, stderr} = await login.run(args);
				return {exitCode, said: `${stdout}${stderr}`.replace(/\s+/g, ' ')};
			};

			for (const ran of [
				await run('scan', '--registry', 'private'),
				await run('scan', '--path', path.join(folder, root)),
				await run('check', '--json'),
			]) {
				expect(ran.exitCode).toBe(exitCodes.configuration);
				expect(ran.said).toContain(is);
				expect(ran.said).toContain(instead);
			}

			expect(await run('verify', `${registry.host}/acme/app:v1`)).toMatchObject({exitCode: 0});
			expect(await run('probe', 'private')).toMatchObject({exitCode: 0});
		},
	);
});
