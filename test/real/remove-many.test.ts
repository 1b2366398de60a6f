import {rm} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, expect, it, vi} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import type {DamagedImage} from '../../src/domain/damage/damaged-image.ts';
import {isDigest} from '../../src/domain/image/digest.ts';
import {mediaTypes} from '../../src/domain/image/media-type.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {Change} from '../../src/domain/incident/change.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {registryRemove} from '../../src/engine/actions/registry-remove.ts';
import type {Registry} from '../../src/engine/ports/registry.ts';
import type {Storage} from '../../src/engine/ports/storage.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {writeManyTags} from '../bench/many-tags.ts';
import {contextWith, quietHost} from '../support/fake-ports.ts';
import {hostNow} from '../support/host-now.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

vi.setConfig({testTimeout: 120_000, hookTimeout: 120_000});

const repository = 'acme/team-0/service-0';
const tagsEach = 3_000;
const tagsOfImage = 3;

/** Each image has three tags, and is an index over two platforms. */
describeReal('remove in a repository of 3,000 tags', ['docker-registry'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let server: RealRegistry;
	let store: Store;
	let registry: Registry;
	let disk: Storage;
	let requests: string[] = [];

	beforeAll(async () => {
		temporary = await temporaryFolder();
		store = openStore(path.join(temporary.folder, 'store'));
		writeManyTags(store.root, {repositories: 1, tagsEach, tagsOfImage});
		server = await startDockerRegistry({root: store.root, folder: temporary.folder});
	});

	afterAll(async () => {
		await server.stop();
		await temporary[Symbol.asyncDispose]();
	});

	beforeEach(() => {
		const {host} = server;
		requests = [];
		registry = createRegistry({
			host,
			url: `http://${host}`,
			clock: systemClock,
			credentials: async () => undefined,
			onRequest: ({method, url}) => requests.push(`${method} ${url}`),
		});
		// Only what it tells of the tags is of interest.
		disk = {
			...createStorage({shell: createLocalShell({processes, nonce: createNonces()}), root: store.root}),
			maintenance: async () => quietHost,
			hostNow: async () => hostNow(),
		};
	});

	afterEach(async () => {
		await Promise.all([registry.close(), disk.close()]);
	});

	/** The image of the tags from this number on, of which a layer is gone. */
	async function damage(first: number): Promise<DamagedImage> {
		const tags = [first, first + 1, first + 2].map(n => `1.${n}.0`);
		const url = `http://${server.host}/v2/${repository}/manifests/${tags[0]}`;
		const answer = await fetch(url, {headers: {accept: mediaTypes.ociIndex}});
		const digest = answer.headers.get('docker-content-digest') ?? '';
		const [child] = ((await answer.json()) as {manifests: {digest: string}[]}).manifests;
		if (!isDigest(digest) || child === undefined || !isDigest(child.digest)) {
			throw new Error('It is no index.');
		}

		await rm(store.revisionLink(repository, child.digest), {force: true});
		const platforms = {whole: [], lost: []};
		return {id: `${repository}@${digest}`, repository, digest, tags, platforms, findings: ['child-swept']};
	}

	const inputsOf = (damaged: DamagedImage) => ({
		image: parseReference(`${server.host}/${repository}@${damaged.digest}`),
		damaged,
	});
	const contextOf = (storage: Storage | undefined, approved: Change[] = []) =>
		contextWith({registry, clock: systemClock, ...(storage && {storage})}, {approved});

	/** As a colleague's docker would. */
	async function addTag(tag: string, {digest}: DamagedImage) {
		const manifests = `http://${server.host}/v2/${repository}/manifests`;
		const bytes = await (await fetch(`${manifests}/${digest}`, {headers: {accept: mediaTypes.ociIndex}})).text();
		await store.writeTag(repository, tag, digest!);
		expect(await (await fetch(`${manifests}/${tag}`, {headers: {accept: mediaTypes.ociIndex}})).text()).toBe(bytes);
	}

	it('asks for few of them where the disk tells what they name, and names all tags of the digest', async () => {
		const damaged = await damage(300);

		const {changes} = await registryRemove.gate!(inputsOf(damaged), contextOf(disk));
		const atGate = requests.length;
		const before = await registryRemove.precondition!(inputsOf(damaged), contextOf(disk, changes));

		expect(changes).toEqual([
			{kind: 'remove-image', repository, digest: damaged.digest, tags: [...damaged.tags].sort(), attached: []},
		]);
		expect(before).toEqual({kind: 'holds'});
		expect(atGate).toBeLessThanOrEqual(6);
		expect(requests.length).toBeLessThanOrEqual(40);
	});

	it('stops as changed where a tag was added between the gate and the delete', async () => {
		const damaged = await damage(600);
		const {changes} = await registryRemove.gate!(inputsOf(damaged), contextOf(disk));
		await addTag('pinned', damaged);

		const before = await registryRemove.precondition!(inputsOf(damaged), contextOf(disk, changes));

		expect(before).toMatchObject({kind: 'changed', say: expect.stringContaining('pinned')});
		expect(requests.length).toBeLessThanOrEqual(60);
	});

	it('asks for each once without a disk, however many images begin together, and sees a tag that was added since', async () => {
		const images = [await damage(900), await damage(1200), await damage(1500), await damage(1800)];

		const gates = await Promise.all(images.map(each => registryRemove.gate!(inputsOf(each), contextOf(undefined))));
		const atGate = requests.length;
		await addTag('late', images[3]!);
		const before = await Promise.all(
			images.map((each, n) => registryRemove.precondition!(inputsOf(each), contextOf(undefined, gates[n]!.changes))),
		);

		expect(gates.map(({changes}) => changes.flatMap(each => ('tags' in each ? each.tags : [])))).toEqual(
			images.map(({tags}) => [...tags].sort()),
		);
		expect(atGate).toBeGreaterThan(tagsEach);
		expect(atGate).toBeLessThanOrEqual(tagsEach + 40);
		expect(before.map(({kind}) => kind)).toEqual(['holds', 'holds', 'holds', 'changed']);
	});
});
