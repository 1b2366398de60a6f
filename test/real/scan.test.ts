import {spawnSync} from 'node:child_process';
import {truncate, utimes, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createOpenSshShell} from '../../src/adapters/ssh/openssh/openssh.ts';
import {createSsh2Shell} from '../../src/adapters/ssh/ssh2/ssh2.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {assess, otherOrphans, relinkable} from '../../src/domain/storage/findings/assess.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import type {Shell} from '../../src/engine/ports/shell.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {describeReal, locate, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';
import {treeManifest} from '../support/tree-manifest.ts';

const signal = AbortSignal.timeout(60_000);
const nonce = createNonces();

describeReal('a scan of a real store', ['sshd', 'ssh', 'docker-registry'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let sshd: RealSshd;
	let shells: Record<'local' | 'openssh' | 'ssh2', Shell>;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		sshd = await startSshd({folder: temporary.folder});
		const {alias, configFile, host, port, user, identityFile, knownHostsFile} = sshd;
		shells = {
			local: createLocalShell({processes, nonce}),
			openssh: createOpenSshShell({
				processes,
				destination: alias,
				configFile,
				controlFolder: path.join(temporary.folder, 'c'),
				environment: process.env,
				nonce,
			}),
			ssh2: createSsh2Shell({
				target: {host, port, user, identityFiles: [identityFile], knownHostsFiles: [knownHostsFile]},
				place: 'vm',
				nonce,
			}),
		};
	});

	afterAll(async () => {
		await Promise.all(Object.values(shells).map(shell => shell.close()));
		await sshd.stop();
		await temporary[Symbol.asyncDispose]();
	});

	it('tells swept, unlinked and missing children apart after a real garbage collection, over every shell, and writes nothing', async () => {
		const store = openStore(path.join(temporary.folder, 'store'));
		const swept = buildImage({seed: 'swept'});
		const unlinked = buildImage({seed: 'unlinked'});
		const missing = buildImage({seed: 'missing', platforms: ['linux/amd64'], attestations: false});
		const whole = buildImage({seed: 'whole'});
		await store.push('infra-ci', 'latest', swept);
		await store.push('infra-ci', 'v1', swept);
		collectGarbage(store.root, temporary.folder);
		await store.push('infra-ci', 'v0', whole);
		await store.push('acme/tool', 'latest', unlinked);
		await store.remove(path.dirname(store.revisionLink('acme/tool', unlinked.manifests[0]!.digest)));
		await store.push('acme/gone', 'latest', missing);
		await store.remove(path.dirname(store.revisionLink('acme/gone', missing.manifests[0]!.digest)));
		await store.remove(path.dirname(store.blobFile(missing.manifests[0]!.digest)));
		const before = treeManifest(store.root);

		const scans = await Promise.all(
			Object.values(shells).map(async shell => {
				const listing = await createStorage({shell, root: store.root}).list({signal});
				return {listing, scan: assess(listing, {role: 'authoritative'})};
			}),
		);

		for (const {scan, listing} of scans) {
			expect(scan.gaps).toEqual([]);
			expect(scan).toMatchObject({complete: true, counts: {repositories: 3, tags: 5, indexes: 4}});
			expect(scan.findings.filter(({kind}) => kind === 'child-swept')).toHaveLength(4);
			expect(scan.findings.find(({digest}) => digest === swept.manifests[0]!.digest)).toMatchObject({
				kind: 'child-swept',
				repository: 'infra-ci',
				tags: ['latest', 'v1'],
				via: [swept.index.digest],
				platform: 'linux/amd64',
				missing: swept.blobs.slice(0, 3).map(({digest}) => digest),
				remedy: 'rebuild',
				since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
			});
			const child = scan.findings.find(({repository}) => repository === 'acme/tool')!;
			expect(child).toMatchObject({kind: 'child-unlinked', tags: ['latest'], remedy: 'relink', missing: []});
			expect(relinkable(child, listing)).toBe(true);
			expect(scan.findings.find(({repository}) => repository === 'acme/gone')).toMatchObject({
				kind: 'child-missing',
				digest: missing.manifests[0]!.digest,
				remedy: 'rebuild',
			});
			expect(scan.findings).toHaveLength(6);
			expect(otherOrphans(scan, {repository: 'infra-ci', tag: 'latest'})).toHaveLength(2);
		}

		expect(treeManifest(store.root)).toEqual(before);
	});

	it('sees every kind of damage that the disk can show', async () => {
		const store = openStore(path.join(temporary.folder, 'damaged'));
		const image = (seed: string) => buildImage({seed, platforms: ['linux/amd64'], attestations: false});
		const push = async (name: string) => {
			const built = image(name);
			await store.push(name, 'latest', built);
			return {
				index: built.index.digest,
				child: built.manifests[0]!.digest,
				config: built.blobs[0]!.digest,
				layer: built.blobs[1]!.digest,
			};
		};
		const long = '2020-01-01T00:00:00Z';

		await push('healthy');
		await store.remove(store.revisionLink('dangling', (await push('dangling')).index));
		await push('no-current');
		await store.remove(path.join(store.tagFolder('no-current', 'latest'), 'current'));
		await writeFile(store.blobFile((await push('unreadable')).child), '');
		await writeFile(store.blobFile((await push('altered')).index), '{"schemaVersion":2,"manifests":[]}');
		await store.remove(store.blobFile((await push('config')).config));
		await store.remove(store.blobFile((await push('layer')).layer));
		await store.remove(store.layerLink('unlinked', (await push('unlinked')).layer));
		await writeFile(store.blobFile((await push('empty')).layer), '');
		await truncate(store.blobFile((await push('short')).layer), 9);
		await utimes(store.blobFile(image('short').blobs[1]!.digest), new Date(long), new Date(long));
		await push('tag-link');
		await writeFile(
			path.join(store.tagFolder('tag-link', 'latest'), 'current/link'),
			`${image('tag-link').index.digest}\n`,
		);
		await writeFile(store.revisionLink('other-link', (await push('other-link')).child), image('healthy').index.digest);
		await writeFile(store.layerLink('blob-link', (await push('blob-link')).layer), '');

		const listing = await createStorage({shell: shells.openssh, root: store.base}).list({signal});
		const scan = assess(listing, {role: 'authoritative'});

		expect(scan.gaps).toEqual([]);
		expect(
			Object.fromEntries(scan.findings.map(({repository, kind, remedy}) => [repository, `${kind} ${remedy}`])),
		).toEqual({
			altered: 'manifest-unreadable rebuild',
			'blob-link': 'link-malformed relink',
			config: 'config-missing rebuild',
			dangling: 'tag-dangling relink',
			empty: 'blob-empty rebuild',
			layer: 'layer-missing rebuild',
			'other-link': 'link-malformed relink',
			'no-current': 'tag-dangling re-point',
			short: 'blob-truncated rebuild',
			'tag-link': 'link-malformed relink',
			unlinked: 'layer-unlinked relink',
			unreadable: 'manifest-unreadable rebuild',
		});
		expect(scan.findings.find(({repository}) => repository === 'short')?.since).toBe(long);
		expect(
			assess(listing, {role: 'cache'})
				.findings.map(({kind}) => kind)
				.sort(),
		).toEqual([
			'blob-empty',
			'blob-truncated',
			'link-malformed',
			'link-malformed',
			'link-malformed',
			'manifest-unreadable',
			'manifest-unreadable',
		]);
	});
});

function collectGarbage(root: string, folder: string): void {
	const config = path.join(folder, 'gc.yml');
	spawnSync('sh', ['-c', 'cat >"$1"', 'sh', config], {
		input: `version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: ${root}\nhttp:\n  addr: 127.0.0.1:0\n`,
	});
	const done = spawnSync(locate('docker-registry')!, ['garbage-collect', '-m', config], {encoding: 'utf8'});
	expect(done.status, done.stderr).toBe(0);
}
