import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {type Forwarder, openForwarder} from '../support/forwarder.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

/** Two registries behind a proxy each, as two containers behind their published ports. Each test says where the proxies lead. */
describeReal('two registries whose proxies lead to each other', ['docker-registry'], () => {
	let login: Login;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	const stores: Store[] = [];
	const registries: RealRegistry[] = [];
	let proxy: Forwarder;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		const image = (seed: string) => buildImage({seed, platforms: ['linux/amd64'], attestations: false});
		for (const [name, seeds] of Object.entries({private: ['one', 'two'], mirror: ['three', 'four']})) {
			const store = openStore(path.join(temporary.folder, name));
			await store.push(`${name}/app`, 'v1', image(seeds[0]!));
			await store.push('base', 'v1', image(seeds[1]!));
			stores.push(store);
			registries.push(await startDockerRegistry({root: store.root, folder: temporary.folder}));
		}

		proxy = await openForwarder(registries[1]!.host);
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({
				registries: {
					private: {
						url: `http://${proxy.host}`,
						storage: {root: stores[0]!.root, restart: 'systemctl restart registry'},
					},
				},
				images: {'private/app': {registry: 'private'}},
			}),
		);
	});

	afterAll(async () => {
		await proxy[Symbol.asyncDispose]();
		await Promise.all(registries.map(registry => registry.stop()));
		await login[Symbol.asyncDispose]();
		await temporary[Symbol.asyncDispose]();
	});

	const lead = (registry: 'right' | 'wrong') => proxy.leadTo(registries[registry === 'right' ? 0 : 1]!.host);
	const another = () => `${proxy.host} serves another registry than this machine:${stores[0]!.root} holds: `;
	const oneLine = (text: string) => text.replace(/\s+/g, ' ');
	const linesOf = (stdout: string) => JSON.parse(stdout).checks as {what: string; ok: boolean; say: string}[];

	it('`check` says so with names and digests of both, and exits 8', async () => {
		lead('wrong');
		const {exitCode, stdout} = await login.run(['check', '--json']);
		const compared = linesOf(stdout).find(({what}) => what === 'registry and storage private');

		expect(compared).toMatchObject({ok: false, say: expect.stringContaining(another())});
		expect(compared!.say).toMatch(/base:v1 is sha256:\w{12} on the disk; the registry serves sha256:\w{12}/);
		expect(compared!.say).toContain('the registry lists mirror/app, which the disk does not hold');
		expect(exitCode).toBe(8);
	});

	it('`check` is content where the proxy leads to the registry of the disk', async () => {
		lead('right');
		const {exitCode, stdout} = await login.run(['check', '--json']);

		expect(linesOf(stdout).find(({what}) => what === 'registry and storage private')).toMatchObject({ok: true});
		expect(exitCode).toBe(0);
	});

	it('`scan --compare` says so, finds nothing intact and exits 8', async () => {
		lead('wrong');
		const json = await login.run(['scan', '--registry', 'private', '--compare', '--json']);
		const text = await login.run(['scan', '--registry', 'private', '--compare']);

		expect(json.exitCode).toBe(8);
		expect(JSON.parse(json.stdout)).toMatchObject({
			complete: false,
			gaps: [expect.stringContaining(another())],
			compared: {kind: 'another'},
			findings: [],
		});
		expect(oneLine(text.stdout)).toContain(another());
		expect(text.stdout).not.toContain('No fault found.');
		expect(text.exitCode).toBe(8);
	});

	it('`scan --compare` of damage takes no answer of the other registry for a stale memory', async () => {
		lead('wrong');
		await using damaged = await lostLayer();
		const {exitCode, stdout} = await login.run(['scan', '--registry', 'private', '--compare', '--json']);

		expect(JSON.parse(stdout)).toMatchObject({
			compared: {kind: 'partly'},
			findings: [{kind: 'layer-missing', digest: damaged.layer}],
		});
		expect(exitCode).toBe(3);
	});

	it('`scan --compare` finds no fault where the proxy leads to the registry of the disk', async () => {
		lead('right');
		const {exitCode, stdout} = await login.run(['scan', '--registry', 'private', '--compare', '--json']);

		expect(JSON.parse(stdout)).toMatchObject({complete: true, findings: [], compared: {kind: 'same'}});
		expect(exitCode).toBe(0);
	});

	it('`respond` looks for a tag that HTTP does not know on the disk before it doubts the spelling', async () => {
		lead('wrong');
		const {stdout} = await login.run(['respond', 'orphan-index', '--image', `${proxy.host}/private/app:v1`, '--auto']);

		expect(oneLine(stdout)).toContain(`${proxy.host} does not have ${proxy.host}/private/app:v1. ${another()}`);
		expect(stdout).not.toContain('spelling');
		expect(oneLine(stdout)).toMatch(/Restart the registry Not possible: Another registry/);
	});

	it('`respond` doubts the spelling where the disk of this registry lacks the tag too', async () => {
		lead('right');
		const {exitCode, stdout} = await login.run([
			'respond',
			'orphan-index',
			'--another',
			'--image',
			`${proxy.host}/private/ap:v1`,
			'--auto',
		]);

		expect(oneLine(stdout)).toContain('Check its spelling');
		expect(exitCode).toBe(1);
	});

	/** While this is held, both stores have one more image, and the first has lost its layer. */
	async function lostLayer() {
		const image = buildImage({seed: 'lost', platforms: ['linux/amd64'], attestations: false});
		const layer = image.blobs[1]!.digest;
		await Promise.all(stores.map(store => store.push('lost', 'v1', image)));
		await stores[0]!.remove(path.dirname(stores[0]!.blobFile(layer)));
		const remove = (store: Store) => store.remove(path.join(store.base, 'repositories/lost'));
		return {layer, [Symbol.asyncDispose]: async () => void (await Promise.all(stores.map(remove)))};
	}
});
