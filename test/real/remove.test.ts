import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import {restoring} from '../../src/commands/restore/restore.ts';
import {shortDigest} from '../../src/domain/image/digest.ts';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {plainInvocation} from '../support/plain-invocation.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {approve, respondWith} from '../support/real-responder.ts';
import {registryProgram, registryVersion} from '../support/registry-program.ts';

const run = promisify(execFile);

/** Each runs the program several times: plenty, also on a busy machine. */
vi.setConfig({testTimeout: 300_000});

/** `web` has lost the link of a child; `api` has the same image, whole. */
describeReal('remove', ['docker-registry'], () => {
	let login: Login;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let registry: RealRegistry;
	let image: BuiltImage;

	beforeEach(async () => {
		[login, temporary] = await Promise.all([openLogin(), temporaryFolder()]);
		store = openStore(path.join(temporary.folder, 'store'));
		image = buildImage({seed: 'shared', layers: 1});
		await store.push('api', 'latest', image);
		await store.push('web', 'latest', image);
		await store.writeTag('web', 'v1', image.index.digest);
		await store.remove(path.dirname(childLink()));
		await start();
	});

	afterEach(async () => {
		await registry?.stop();
		await login[Symbol.asyncDispose]();
		await temporary[Symbol.asyncDispose]();
	});

	const childLink = () => store.revisionLink('web', image.manifests[0]!.digest);

	async function start(variables: Record<string, string> = {}, port?: number) {
		const {root} = store;
		registry = await startDockerRegistry({
			root,
			folder: temporary.folder,
			variables,
			...(port !== undefined && {port}),
		});
		const registries = {private: {url: `http://${registry.host}`, storage: {root: store.root}}};
		await writeFile(path.join(login.folder, 'work/regmedic.yaml'), JSON.stringify({registries}));
	}

	async function plan(...choices: string[]): Promise<Plan> {
		const chosen = choices.flatMap(each => ['--remedy', each]);
		await rm(path.join(login.folder, 'work/plan.json'), {force: true});
		const ran = await login.run(['respond', '--registry', 'private', '--plan', 'plan.json', ...chosen]);
		expect(ran.exitCode, ran.stderr).toBe(3);
		return JSON.parse(await readFile(path.join(login.folder, 'work/plan.json'), 'utf8')) as Plan;
	}

	async function apply({destructive}: Plan) {
		const hash = createHash('sha256').update(await readFile(path.join(login.folder, 'work/plan.json')));
		const approval = ['--approve', hash.digest('hex'), '--destructive', String(destructive)];
		const ran = await login.run(['respond', '--apply', 'plan.json', ...approval, '--json']);
		const said = `${ran.stdout}\n${ran.stderr}`;
		const done = (ran.stdout.startsWith('{') ? JSON.parse(ran.stdout) : {}) as {
			images: {repository: string; verdict: string}[];
			items: {outcome: string; say: string}[];
		};
		return {...ran, said, done};
	}

	/** As a person who types the phrase of the gate. */
	async function restore(incident: string, digest: string) {
		const work = path.join(login.folder, 'work');
		const environment = {...process.env, HOME: login.folder, XDG_STATE_HOME: path.join(login.folder, 'state')};
		const invocation = plainInvocation(work, environment);
		const {begin} = await restoring({incident, digest}, invocation);
		const open = await begin();
		const {phase, visits} = await respondWith(open.session, {restore: [approve]});
		return {phase, said: visits.map(({say}) => say).join(' '), [Symbol.asyncDispose]: () => open.close()};
	}

	async function collect() {
		const config = path.join(temporary.folder, 'collect.yml');
		const storage = {filesystem: {rootdirectory: store.root}};
		await writeFile(config, JSON.stringify({version: 0.1, storage, http: {addr: '127.0.0.1:0'}}));
		await run(registryProgram(registryVersion)!, ['garbage-collect', config]);
	}

	const tags = async (repository: string) => {
		const answer = await fetch(`http://${registry.host}/v2/${repository}/tags/list`);
		return ((await answer.json()) as {tags?: string[] | null}).tags ?? [];
	};
	const verify = (reference: string) => login.run(['verify', `${registry.host}/${reference}`, '--depth', 'content']);
	const exists = (file: string) =>
		stat(file).then(
			() => true,
			() => false,
		);

	it('is never recommended; it deletes an image with all of its tags, and layers that others share stay', async () => {
		expect((await plan()).items.map(({remedy}) => remedy)).toEqual(['relink']);

		const made = await plan('web=remove');

		expect(made.destructive).toBe(1);
		expect(made.items[0]!.changes).toEqual([
			{
				...{type: 'remove-image', repository: 'web', digest: image.index.digest},
				...{tags: ['latest', 'v1'], attached: []},
			},
		]);
		expect(made.items[0]!.undo).toContain('until the next collection');
		const ran = await apply(made);

		expect(ran.exitCode, ran.said).toBe(0);
		expect(ran.done.items).toMatchObject([{outcome: 'done'}]);
		expect(ran.done.images).toMatchObject([{repository: 'web', verdict: 'removed'}]);
		expect(await tags('web')).toEqual([]);
		expect((await verify('api:latest')).exitCode).toBe(0);
	});

	it('deletes tags that lead to nothing by a marker of each, also one whose folder has no link', async () => {
		const gone = buildImage({seed: 'gone', layers: 1});
		await store.push('old', 'one', gone);
		await store.writeTag('old', 'two', gone.index.digest);
		await store.remove(path.dirname(store.blobFile(gone.index.digest)));
		await store.push('old', 'whole', buildImage({seed: 'whole', layers: 1}));
		await mkdir(store.tagFolder('old', 'empty'));
		await registry.stop();
		await start();

		const made = await plan('old=remove', 'web=leave');
		const ran = await apply(made);

		expect(
			ran.done.items?.map(({outcome}) => outcome),
			ran.said,
		).toEqual(made.items.map(() => 'done'));
		expect(await tags('old')).toEqual(['whole']);
		expect((await verify('old:whole')).exitCode).toBe(0);
	});

	it('can be undone while the blobs are there: the same digest and the same tags, also after a plain collection', async () => {
		const removed = await apply(await plan('web=remove'));
		const [incident = ''] = /[\w-]*registry-damage[\w-]*/.exec(removed.said) ?? [];
		const {digest} = image.index;
		const asked = await login.run(['restore', incident, digest.slice(7, 19)]);
		expect(asked.stdout.replace(/\s+/g, ' ')).toContain(`PUT /v2/web/manifests/latest: the exact bytes of ${digest}`);
		expect(await tags('web'), 'nothing is stored without an approval').toEqual([]);

		// It deletes the manifest of the index, which no link names any more. The children keep theirs, and with it their blobs.
		await registry.stop();
		await collect();
		// It is the same registry: the incident is about its address.
		await start({}, Number(registry.host.split(':')[1]));

		await using restored = await restore(incident, digest);

		expect(restored.phase, restored.said).toMatchObject({kind: 'stopped', stop: 'restored'});
		expect(await tags('web')).toEqual(['latest', 'v1']);
		const verified = await verify('web:v1');
		expect(verified.exitCode, verified.stdout).toBe(0);
		expect(verified.stdout).toContain(digest.slice(7, 19));
	});

	it('is not undone in halves: where a blob is gone, restore says what, and stores nothing', async () => {
		const removed = await apply(await plan('web=remove'));
		const [incident = ''] = /[\w-]*registry-damage[\w-]*/.exec(removed.said) ?? [];
		const [config] = image.blobs;
		await store.remove(path.dirname(store.blobFile(config!.digest)));

		const asked = await login.run(['restore', incident, image.index.digest]);

		expect(asked.stdout.replace(/\s+/g, ' ')).toContain(`No source holds the config ${shortDigest(config!.digest)}`);
		expect(await tags('web')).toEqual([]);
	});

	it('is not undone while bad data is in place: the gate says so before, and restore stores nothing', async () => {
		const own = buildImage({seed: 'own', layers: 1});
		const [, layer] = own.blobs;
		await store.push('bad', 'latest', own);
		await writeFile(store.blobFile(layer!.digest), layer!.bytes.subarray(1));
		await registry.stop();
		await start();

		const made = await plan('bad=remove', 'web=leave');
		expect(made.items.map(({undo}) => undo).join(' ')).toContain(
			'stores nothing while a part of the image is gone or bad (blob-truncated)',
		);
		const removed = await apply(made);
		const [incident = ''] = /[\w-]*registry-damage[\w-]*/.exec(removed.said) ?? [];
		const asked = await login.run(['restore', incident, own.index.digest]);

		expect(asked.stdout.replace(/\s+/g, ' ')).toContain(
			'What was damaged then and is not whole on the disk by now is damaged again.',
		);
		expect(asked.stdout).toContain('First move aside the data of the layer');
		expect(await tags('bad')).toEqual([]);
	});

	it('leaves an image alone that somebody has repaired since the plan was made', async () => {
		const made = await plan('web=remove');
		await store.writeLink(childLink(), image.manifests[0]!.digest);

		const ran = await apply(made);

		expect(ran.done.items, ran.said).toMatchObject([{outcome: 'already-whole'}]);
		expect(await tags('web')).toEqual(['latest', 'v1']);
		expect((await verify('web:v1')).exitCode).toBe(0);
	});

	it('refuses what an index of the repository names as a child', async () => {
		const child = image.manifests[0]!.digest;
		await store.writeLink(childLink(), child);
		await store.writeTag('web', 'child', child);
		await store.remove(path.dirname(store.layerLink('web', image.blobs[0]!.digest)));

		const made = await plan();
		const rows = made.images.filter(({repository}) => repository === 'web');

		const removal = (tag: string) =>
			rows.find(({tags: named}) => named.includes(tag))?.remedies.find(({remedy}) => remedy === 'remove');
		expect(removal('child')).toMatchObject({possible: false, why: expect.stringContaining('as a child')});
		expect(removal('latest')).toMatchObject({possible: true});
	});

	it('is not planned where the configuration of the registry enables no deletes: it says where, and what to add', async () => {
		await registry.stop();
		registry = await startDockerRegistry({
			root: store.root,
			folder: temporary.folder,
			port: Number(registry.host.split(':')[1]),
			deletes: false,
		});

		const chosen = ['--remedy', 'web=remove'];
		const ran = await login.run(['respond', '--registry', 'private', '--plan', 'none.json', ...chosen]);

		expect(ran.exitCode, ran.stdout).toBe(2);
		const said = ran.stderr.replace(/\s+/g, ' ');
		expect(said).toContain(`The registry accepts no deletes: ${registry.config} does not enable them.`);
		expect(said).toContain('Add storage.delete.enabled: true to its configuration');
		expect(await exists(path.join(login.folder, 'work/none.json'))).toBe(false);
	});

	it('says what to configure where the registry accepts no deletes, and changes nothing', async () => {
		await registry.stop();
		await start({REGISTRY_STORAGE_DELETE_ENABLED: 'false'});
		// Without its storage nothing is read of its configuration.
		const registries = {private: {url: `http://${registry.host}`}};
		await writeFile(path.join(login.folder, 'work/regmedic.yaml'), JSON.stringify({registries}));

		const ran = await apply(await plan('web=remove'));

		expect(ran.done.items, ran.said).toMatchObject([{outcome: 'failed'}]);
		expect(ran.said).toContain('accepts no deletes');
		expect(ran.said).toContain('REGISTRY_STORAGE_DELETE_ENABLED=true');
		expect(await tags('web')).toEqual(['latest', 'v1']);
		expect(await exists(store.revisionLink('web', image.index.digest))).toBe(true);
	});
});
