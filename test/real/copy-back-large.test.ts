import {cp, readdir, readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {afterAll, beforeAll, beforeEach, expect, it, vi} from 'vitest';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {type BuiltImage, blobOf} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {type Containerd, startContainerd} from '../support/containerd.ts';
import {type Forwarder, openForwarder} from '../support/forwarder.ts';
import {hashOfFile} from '../support/plan-file.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

/** Each reads and writes hundreds of megabytes: plenty, also on a busy machine. */
vi.setConfig({testTimeout: 600_000, hookTimeout: 300_000});

const largeBytes = 300_000_000;
/** Two buffers, and what arrived since garbage was collected last; the layer itself never lies in memory. */
const mostMoreBytes = 60_000_000;

/** A layer of zeros is an empty tar archive. */
function imageWith(name: string, bytes: number): BuiltImage {
	const [first, layer] = [blobOf(Buffer.from(name)), blobOf(Buffer.alloc(bytes))];
	const diffIds = [first.digest, layer.digest];
	const config = blobOf(
		JSON.stringify({os: 'linux', architecture: 'amd64', name, rootfs: {type: 'layers', diff_ids: diffIds}}),
	);
	const descriptor = (type: string, {digest, bytes: data}: {digest: string; bytes: Buffer}) => ({
		mediaType: `application/vnd.oci.image.${type}`,
		digest,
		size: data.length,
	});
	const mediaType = 'application/vnd.oci.image.manifest.v1+json';
	const manifest = blobOf(
		JSON.stringify({
			schemaVersion: 2,
			mediaType,
			config: descriptor('config.v1+json', config),
			layers: [first, layer].map(each => descriptor('layer.v1.tar', each)),
		}),
	);
	return {index: {...manifest, mediaType}, manifests: [], blobs: [config, first, layer]};
}

describeReal('a copy-back of a large layer', ['docker-registry', 'sshd', 'ssh', 'containerd', 'ctr'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let login: Login;
	let store: Store;
	let registry: RealRegistry;
	let mirror: RealRegistry;
	let forwarder: Forwarder;
	let sshd: RealSshd;
	let node: Containerd;
	const images = {'acme/small': imageWith('small', 1_000_000), 'acme/large': imageWith('large', largeBytes)};
	type Name = keyof typeof images;
	const inside = (name: string) => path.join(temporary.folder, name);

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		store = openStore(inside('store'));
		for (const [repository, image] of Object.entries(images)) {
			await store.push(repository, 'latest', image);
		}

		await cp(store.root, inside('copy'), {recursive: true});
		registry = await startDockerRegistry({root: store.root, folder: temporary.folder});
		mirror = await startDockerRegistry({root: inside('copy'), folder: temporary.folder});
		forwarder = await openForwarder(mirror.host);
		node = await startContainerd(inside('containerd'));
		for (const {digest} of Object.values(images).flatMap(({blobs, index}) => [...blobs, index])) {
			await node.ingest(digest, store.blobFile(digest), 'k8s.io');
		}

		sshd = await startSshd({folder: temporary.folder, options: [`SetEnv CONTAINERD_ADDRESS=${node.address}`]});
		await writeFile(
			inside('peak.js'),
			// Of this program alone: the most that getrusage tells begins with that of whoever started it.
			`import {readFileSync, writeFileSync} from 'node:fs';
process.on('exit', () => writeFileSync(process.env.PEAK_FILE, /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]));`,
		);
	});

	afterAll(async () => {
		await forwarder?.[Symbol.asyncDispose]();
		await Promise.all([registry?.stop(), mirror?.stop(), node?.stop(), sshd?.stop()]);
		await login?.[Symbol.asyncDispose]();
		await temporary?.[Symbol.asyncDispose]();
	});

	beforeEach(async () => {
		for (const [repository, image] of Object.entries(images)) {
			await store.push(repository, 'latest', image);
		}
	});

	/** All blobs of an image are lost. */
	async function lose(name: Name) {
		for (const {digest} of images[name].blobs) {
			await store.remove(path.dirname(store.blobFile(digest)));
		}

		await registry.restart();
	}

	async function configure(...sources: object[]) {
		const named = Object.fromEntries(sources.map((source, at) => [`source${at + 1}`, source]));
		const url = `http://${registry.host}`;
		await writeFile(
			inside('regmedic.yaml'),
			JSON.stringify({
				registries: {private: {url, storage: {root: store.root}, sources: Object.keys(named)}},
				sources: named,
			}),
		);
	}

	const respond = (args: string[], more?: Parameters<Login['run']>[1]) =>
		login.run(['respond', '--config', inside('regmedic.yaml'), ...args], more);

	let plans = 0;
	async function plan(): Promise<{file: string; made: Plan}> {
		const file = path.join(login.folder, `work/plan-${++plans}.json`);
		const {stderr} = await respond(['--registry', 'private', '--plan', file]);
		const text = await readFile(file, 'utf8').catch(() => expect.fail(stderr));
		return {file, made: JSON.parse(text)};
	}

	/** @returns the most memory that it had, in bytes */
	async function apply(file: string) {
		const hash = await hashOfFile(file);
		const ran = await respond(['--apply', file, '--approve', hash, '--another'], {
			nodeArguments: ['--import', pathToFileURL(inside('peak.js')).href],
			environment: {PEAK_FILE: inside('peak')},
		});
		return {
			...ran,
			said: `${ran.stdout}\n${ran.stderr}`.replace(/\s+/g, ' '),
			peak: Number(await readFile(inside('peak'), 'utf8')) * 1024,
		};
	}

	async function isWhole(name: Name): Promise<boolean> {
		const data = await Promise.all(
			images[name].blobs.map(async ({digest, bytes}) => bytes.equals(await readFile(store.blobFile(digest)))),
		);
		return data.every(same => same);
	}

	/** The most memory for a small image. */
	let small: number | undefined;

	it.each<[string, () => object]>([
		['a registry', () => ({url: `http://${mirror.host}`})],
		['a copy of the storage', () => ({ssh: sshd.alias, sshConfig: sshd.configFile, root: inside('copy')})],
		['a node', () => ({ssh: sshd.alias, sshConfig: sshd.configFile, containerd: 'k8s.io'})],
	])(
		'of 300 MB from %s takes less than 60 MB more memory than of 1 MB',
		async (what, source) => {
			await configure(source());
			const peakOf = async (name: Name) => {
				await lose(name);
				const {exitCode, said, peak} = await apply((await plan()).file);
				expect(exitCode, said).toBe(0);
				expect(await isWhole(name)).toBe(true);
				return peak;
			};
			small ??= await peakOf('acme/small');

			const large = await peakOf('acme/large');

			const sizeOf = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
			process.stdout.write(`${what}: ${sizeOf(large - small)} more than ${sizeOf(small)}\n`);
			expect(large - small).toBeLessThan(mostMoreBytes);
		},
		300_000,
	);

	it('whose source dies half-way leaves nothing half; run again, it stores only what is missing', async () => {
		await configure({url: `http://${forwarder.host}`});
		const [config, first, layer] = images['acme/large'].blobs;
		await lose('acme/large');
		const {file} = await plan();
		forwarder.dieAfter(largeBytes / 2);

		const died = await apply(file);

		// Nothing of the plan was done: its image is damaged still.
		expect(died.exitCode, died.said).toBe(3);
		expect(died.said).toContain('No source delivered');
		const before = await stat(store.blobFile(config!.digest));
		await expect(stat(store.blobFile(layer!.digest))).rejects.toThrow('ENOENT');
		const uploads = path.join(store.base, 'repositories/acme/large/_uploads');
		expect((await readdir(uploads, {recursive: true})).filter(name => name.endsWith('data'))).toEqual([]);

		forwarder.leadTo(mirror.host);
		const again = await plan();
		expect(again.made.items.map(({remedy, changes}) => [remedy, changes])).toEqual([
			[
				'copy-back',
				[
					{
						type: 'upload-blob',
						repository: 'acme/large',
						digest: layer!.digest,
						size: largeBytes,
						sources: ['source1'],
					},
				],
			],
		]);
		const {exitCode, said} = await apply(again.file);
		expect(exitCode, said).toBe(0);
		expect(await isWhole('acme/large')).toBe(true);
		const after = await stat(store.blobFile(config!.digest));
		expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
		expect((await stat(store.blobFile(first!.digest))).size).toBe(first!.bytes.length);
	}, 300_000);

	it('takes the next source where one has other bytes of the same length, and stores none of those', async () => {
		const [, , layer] = images['acme/small'].blobs;
		await cp(inside('copy'), inside('rotten'), {recursive: true});
		const rotten = openStore(inside('rotten'));
		await writeFile(rotten.blobFile(layer!.digest), Buffer.alloc(layer!.bytes.length, 7));
		await configure({root: rotten.root}, {url: `http://${mirror.host}`});
		await lose('acme/small');

		const {exitCode, said} = await apply((await plan()).file);

		expect(exitCode, said).toBe(0);
		expect(await isWhole('acme/small')).toBe(true);
	});
});
