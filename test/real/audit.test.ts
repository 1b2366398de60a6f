import {spawnSync} from 'node:child_process';
import {chmod, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {mediaTypes} from '../../src/domain/image/media-type.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import {assess} from '../../src/domain/storage/findings/assess.ts';
import {type BuiltImage, blobOf, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {walkImage} from '../../src/engine/verify/walk-image.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {registryVersion} from '../support/registry-program.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';
import {treeManifest} from '../support/tree-manifest.ts';

const signal = AbortSignal.timeout(60_000);
// `-m` removes the children of tagged indexes on 2.8; 3.x keeps them, so that what nobody could look at here (no Docker
// answers this user) comes first there.
const collection = {
	'2.8': {exitCode: 3, verdict: 'breaks', version: '2.8.2', severity: 'will-break'},
	'3.1': {exitCode: 8, verdict: 'incomplete', version: '3.1', severity: 'may-break'},
}[registryVersion];

describeReal('an audit of a real registry', ['sshd', 'ssh', 'docker-registry'], () => {
	let login: Login;
	let sshd: RealSshd;
	let registry: RealRegistry;
	let store: Store;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	const inside = (...parts: string[]) => path.join(temporary.folder, ...parts);

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		await mkdir(inside('bin'));
		await writeFile(
			inside('bin/crontab'),
			"#!/bin/sh\necho '# weekly'\necho '25 3 * * 0 registry garbage-collect -m /c.yml'\n",
		);
		await writeFile(inside('bin/docker'), '#!/bin/sh\nexit 1\n');
		await chmod(inside('bin/crontab'), 0o755);
		await chmod(inside('bin/docker'), 0o755);
		store = openStore(inside('opt/data'));
		await fill(store);
		[sshd, registry] = await Promise.all([
			startSshd({
				folder: temporary.folder,
				options: [`SetEnv PATH=${inside('bin')}:${process.env.PATH}:/usr/sbin:/sbin`],
			}),
			startDockerRegistry({root: store.root, folder: temporary.folder}),
		]);
		await writeFile(inside('opt/compose.yml'), 'services:\n  private:\n    image: registry:2\n');
	});

	afterAll(async () => {
		await Promise.all([sshd?.stop(), registry?.stop()]);
		await login[Symbol.asyncDispose]();
		await temporary[Symbol.asyncDispose]();
	});

	async function configure(more: {collect?: string; transport?: string} = {}): Promise<string> {
		const file = path.join(login.folder, 'work/regmedic.yaml');
		const storage = {ssh: sshd.alias, sshConfig: sshd.configFile, root: store.root, ...more};
		const credentials = {env: {username: 'REG_USER', password: 'REG_PASS'}};
		await writeFile(
			file,
			JSON.stringify({registries: {private: {url: `http://${registry.host}`, credentials, storage}}}),
		);
		return file;
	}

	const audit = (...args: string[]) =>
		login.run(['audit', 'private', '--json', ...args], {environment: {REG_USER: 'nora', REG_PASS: 'hunter2'}});

	it.each(['openssh', 'ssh2'])(
		'sees crontab, compose file, version and an upstream that asks nobody, over %s, and writes nothing',
		async transport => {
			await configure({transport});
			const stale = inside('metrics');
			await writeFile(stale, `registry_manifest_integrity_last_run_timestamp{instance="${registry.host}"} 1000\n`);
			const before = treeManifest(store.root);

			const {exitCode, stdout, stderr} = await audit('--metrics-file', stale);

			expect(exitCode, stderr).toBe(collection.exitCode);
			const told = JSON.parse(stdout);
			expect(told).toMatchObject({schema: 'regmedic.audit/1', verdict: collection.verdict});
			expect(told.versions).toEqual([expect.stringContaining(collection.version)]);
			expect(told.risks).toEqual(
				expect.arrayContaining([
					expect.objectContaining({
						kind: 'removes-children',
						severity: collection.severity,
						file: 'crontab -l',
						at: 2,
					}),
					expect.objectContaining({
						kind: 'floating-tag',
						file: inside('opt/compose.yml'),
						at: 3,
						line: 'image: registry:2',
					}),
					...(registryVersion === '2.8'
						? [expect.objectContaining({kind: 'affected-version', file: expect.stringMatching(/^process \d+$/)})]
						: []),
					expect.objectContaining({kind: 'stale-cache', why: expect.stringContaining('inmemory')}),
					expect.objectContaining({kind: 'open-registry', severity: 'may-break'}),
					expect.objectContaining({kind: 'probe-silent'}),
				]),
			);
			expect(treeManifest(store.root)).toEqual(before);
		},
	);

	it('a host that does not answer, and a registry that does not, are said; neither is clean', async () => {
		const file = await configure();
		await writeFile(
			file,
			JSON.stringify({registries: {private: {url: 'http://127.0.0.1:1', storage: {ssh: '127.0.0.1:1', root: '/d'}}}}),
		);

		const {exitCode, stdout} = await audit();

		expect(exitCode).toBe(8);
		expect(JSON.parse(stdout)).toMatchObject({verdict: 'incomplete', risks: []});
		expect(JSON.parse(stdout).unseen.map(({what}: {what: string}) => what)).toEqual(
			expect.arrayContaining(['the registry’s host', 'the registry’s catalogue']),
		);
	});

	it('a preflight that would collect for real is refused before anything runs', async () => {
		const marker = inside('ran');
		await configure({collect: `touch ${marker}; registry garbage-collect -m /c.yml`});

		const {exitCode, stderr} = await audit('--preflight');

		expect(exitCode).toBe(4);
		expect(stderr).toContain('--dry-run');
		expect(spawnSync('ls', [marker]).status).not.toBe(0);
	});

	it('a preflight names exactly the images that the real run then breaks', async () => {
		const dry = `${locate('docker-registry')} garbage-collect --dry-run -m ${registry.config}`;
		await configure({collect: dry});
		const before = await brokenImages();
		expect(before).toEqual(['old:latest']);

		const {exitCode, stdout, stderr} = await audit('--preflight');
		const {preflight} = JSON.parse(stdout);
		collect(registry.config, '-m');
		await registry.restart();
		const after = await brokenImages();

		expect(exitCode, stderr).toBe(3);
		expect(preflight.map(({command}: {command: string}) => command)).toEqual([dry, dry.replace(' -m', '')]);
		const [real, plain] = preflight;
		const broken = after.filter(image => !before.includes(image));
		expect(real).toMatchObject({complete: true, gaps: []});
		expect(real.breaks.map(({image}: {image: string}) => image)).toEqual(broken);
		expect(broken).toEqual(['acme/other:latest', 'infra-ci:latest', 'infra-ci:v1', 'nested:latest', 'old:whole']);
		expect(real.breaks[1].digests).toEqual(images().ci.manifests.map(({digest}) => digest));
		expect(plain).toMatchObject({complete: true, breaks: []});
		for (const {worsens} of [real, plain]) {
			expect(worsens).toEqual([{image: 'old:latest', digest: images().old.manifests[0]!.digest}]);
		}
	});

	/** As the disk shows it, and as whoever pulls sees it: both must agree. */
	async function brokenImages(): Promise<string[]> {
		const storage = createStorage({shell: createLocalShell({processes, nonce: createNonces()}), root: store.root});
		const listing = await storage.list({signal});
		const scanned = assess(listing, {role: 'authoritative'}).findings.flatMap(({repository, tags}) =>
			tags.map(tag => `${repository}:${tag}`),
		);
		const client = createRegistry({
			host: registry.host,
			url: `http://${registry.host}`,
			clock: systemClock,
			credentials: async () => undefined,
		});
		const pulled: string[] = [];
		for (const [name, {tags}] of listing.repositories) {
			for (const tag of tags.keys()) {
				const {verdict} = await walkImage(client, parseReference(`${registry.host}/${name}:${tag}`), {
					depth: 'edge',
					signal,
				});
				if (verdict !== 'intact') {
					pulled.push(`${name}:${tag}`);
				}
			}
		}

		await client.close();
		expect([...new Set(scanned)].sort()).toEqual(pulled.sort());
		return pulled;
	}
});

function images() {
	const single = {platforms: ['linux/amd64'], attestations: false};
	return {
		ci: buildImage({seed: 'ci'}),
		one: buildImage({seed: 'one', ...single}),
		shared: buildImage({seed: 'shared', ...single}),
		inner: buildImage({seed: 'inner', ...single}),
		old: buildImage({seed: 'old', ...single}),
		whole: buildImage({seed: 'whole'}),
		garbage: buildImage({seed: 'garbage'}),
	};
}

/** Healthy, odd and half-broken images, as a registry would have them after some years. */
async function fill(store: Store): Promise<void> {
	const {ci, one, shared, inner, old, whole, garbage} = images();
	const only = ({manifests, blobs}: BuiltImage): BuiltImage => ({index: manifests[0]!, manifests: [], blobs});
	await store.push('infra-ci', 'latest', ci);
	await store.push('infra-ci', 'v1', ci);
	await store.push('single', 'latest', only(one));
	// Each child of these has a tag of its own; in the other repository the same index has none.
	await store.push('acme/shared', 'latest', shared);
	await store.writeTag('acme/shared', 'amd64', shared.manifests[0]!.digest);
	await store.push('acme/other', 'latest', shared);
	const {mediaType, digest, bytes} = inner.index;
	const outer = blobOf(
		JSON.stringify({
			schemaVersion: 2,
			mediaType: mediaTypes.ociIndex,
			manifests: [{mediaType, digest, size: bytes.length}],
		}),
	);
	await store.push('nested', 'latest', {
		index: {...outer, mediaType: mediaTypes.ociIndex},
		manifests: [inner.index, ...inner.manifests],
		blobs: inner.blobs,
	});
	await store.push('old', 'latest', old);
	await store.remove(path.dirname(store.revisionLink('old', old.manifests[0]!.digest)));
	await store.push('old', 'whole', whole);
	await store.push('garbage', 'gone', garbage);
	await store.push('garbage', 'latest', only(one));
	await store.remove(store.tagFolder('garbage', 'gone'));
}

function collect(config: string, ...flags: string[]): void {
	const done = spawnSync(locate('docker-registry')!, ['garbage-collect', ...flags, config], {encoding: 'utf8'});
	expect(done.status, done.stderr).toBe(0);
}
