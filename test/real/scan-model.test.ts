import {execFile} from 'node:child_process';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {mediaTypes} from '../../src/domain/image/media-type.ts';
import type {RelinkPart} from '../../src/domain/storage/walk/relink-plan.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {pushImage} from '../../src/drills/images/registry-client.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {compareStore} from '../../src/engine/scan/compare-store.ts';
import {scanStore} from '../../src/engine/scan/scan-store.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

const run = promisify(execFile);
const signal = AbortSignal.timeout(60_000);

/** The first child of an image, as an image of its own. */
function childOf({manifests, blobs}: BuiltImage): BuiltImage {
	return {index: manifests[0]!, manifests: [], blobs};
}

describeReal('what the scan says of a store is what the real registry does with it', ['docker-registry'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	const registries: RealRegistry[] = [];

	beforeAll(async () => {
		temporary = await temporaryFolder();
	});

	afterAll(async () => {
		await Promise.all(registries.map(registry => registry.stop()));
		await temporary[Symbol.asyncDispose]();
	});

	/** A registry of its own, written to by nothing but itself. */
	async function openScene(name: string) {
		const folder = path.join(temporary.folder, name);
		const root = path.join(folder, 'storage');
		await mkdir(root, {recursive: true});
		const registry = await startDockerRegistry({root, folder});
		registries.push(registry);
		const store: Store = openStore(root);
		const storage = createStorage({shell: createLocalShell({processes, nonce: createNonces()}), root});
		const url = `http://${registry.host}`;
		return {
			registry,
			storage,
			store,
			url,
			scan: async () => (await scanStore(storage, {role: 'authoritative', signal})).scan,
			push: (repository: string, image: BuiltImage) =>
				pushImage({registryUrl: url, repository, tags: ['latest'], image, agent: 'test', signal}),
			collect: (...more: string[]) => run(locate('docker-registry')!, ['garbage-collect', ...more, registry.config]),
			status: async (where: string, method = 'GET') => {
				const answer = await fetch(`${url}/v2/${where}`, {
					method,
					headers: {Accept: [mediaTypes.ociIndex, mediaTypes.ociManifest].join(', ')},
				});
				await answer.arrayBuffer();
				return answer.status;
			},
		};
	}

	it('after garbage-collect -m a swept child is told from one that can be relinked, and the plan relinks it', async () => {
		const {registry, store, push, collect, scan, status, url} = await openScene('collected');
		const swept = buildImage({seed: 'swept', platforms: ['linux/amd64'], attestations: false});
		const shared = buildImage({seed: 'shared', platforms: ['linux/amd64'], attestations: false});
		const child = shared.manifests[0]!;
		const layer = shared.blobs[1]!.digest;
		await push('acme/swept', swept);
		await push('acme/shared', shared);
		await push('acme/plain', childOf(shared));
		await collect('-m');
		await store.remove(path.dirname(store.layerLink('acme/shared', layer)));
		await registry.restart();

		const {findings, complete} = await scan();

		expect(complete).toBe(true);
		expect(findings).toMatchObject([
			{kind: 'child-unlinked', repository: 'acme/shared', digest: child.digest, tags: ['latest'], remedy: 'relink'},
			{
				kind: 'child-swept',
				repository: 'acme/swept',
				digest: swept.manifests[0]!.digest,
				missing: swept.blobs.map(({digest}) => digest),
				remedy: 'rebuild',
			},
		]);
		const {parts, complete: canBeDone} = findings[0]!.plan!;
		expect(canBeDone).toBe(true);
		expect(parts.map(({role, where, from}) => [role, where, from])).toEqual([
			['config', 'linked', undefined],
			['layer', 'elsewhere', 'acme/plain'],
			['layer', 'linked', undefined],
			['manifest', 'disk', undefined],
		]);

		for (const part of parts) {
			await carryOut(part, `${url}/v2/acme/shared`, child.bytes);
		}

		expect(await status(`acme/shared/manifests/${child.digest}`)).toBe(200);
		expect((await scan()).findings.map(({repository}) => repository)).toEqual(['acme/swept']);
	});

	it('a manifest that only a layer link serves is served, warned of, and the prey of a plain garbage-collect', async () => {
		const {store, push, collect, scan, status} = await openScene('fallback');
		const image = buildImage({seed: 'old', platforms: ['linux/amd64'], attestations: false});
		const child = image.manifests[0]!.digest;
		await push('acme/app', image);
		await store.remove(path.dirname(store.revisionLink('acme/app', child)));
		await store.writeLink(store.layerLink('acme/app', child), child);

		expect(await status(`acme/app/manifests/${child}`)).toBe(200);
		expect(await scan()).toMatchObject({
			findings: [],
			risks: [{kind: 'served-as-layer', digest: child, tags: ['latest']}],
		});

		await collect();

		const {findings} = await scan();
		expect(new Set(findings.map(({kind}) => kind))).toEqual(new Set(['config-missing', 'layer-missing']));
		expect(findings).toHaveLength(image.blobs.length);
	});

	it('a repository without its folder of layers is one finding: it is not listed, and a plain garbage-collect takes its manifests', async () => {
		const {store, push, collect, scan, url, status} = await openScene('no-layers');
		const image = buildImage({seed: 'app', platforms: ['linux/amd64'], attestations: false});
		await push('acme/app', image);
		await push('acme/other', buildImage({seed: 'other'}));
		const layers = path.join(store.base, 'repositories/acme/app/_layers');
		await store.remove(layers);

		const {findings} = await scan();
		const catalog = await (await fetch(`${url}/v2/_catalog`)).json();

		expect(findings).toMatchObject([
			{kind: 'layer-unlinked', repository: 'acme/app', tags: ['latest'], remedy: 'relink', plan: {complete: true}},
		]);
		expect(findings[0]!.digest).toBeUndefined();
		expect(catalog).toEqual({repositories: ['acme/other']});
		expect(await status(`acme/app/manifests/latest`)).toBe(200);

		await collect();

		expect(await status(`acme/app/manifests/latest`)).toBe(404);
		expect((await scan()).findings).toMatchObject([{kind: 'tag-dangling', repository: 'acme/app'}]);
	});

	it('what a warm registry says of a lost layer differs from the disk until it is restarted', async () => {
		const {registry, storage, store, push, scan, status} = await openScene('warm');
		const image = buildImage({seed: 'app', platforms: ['linux/amd64'], attestations: false});
		const layer = image.blobs[1]!.digest;
		await push('acme/app', image);
		expect(await status(`acme/app/blobs/${layer}`)).toBe(200);
		await store.remove(path.dirname(store.blobFile(layer)));
		const client = createRegistry({
			host: registry.host,
			url: `http://${registry.host}`,
			clock: systemClock,
			credentials: async () => undefined,
		});

		const options = {storage, listing: await storage.list({signal}), role: 'authoritative', signal} as const;
		const before = await compareStore(await scan(), client, options);
		await registry.restart();
		const after = await compareStore(await scan(), client.fresh(), options);
		await client.close();

		expect(before.findings).toMatchObject([
			{kind: 'layer-missing', digest: layer, remedy: 'rebuild'},
			{kind: 'answers-differ', digest: layer, tags: ['latest'], remedy: 'restart'},
		]);
		expect(after.findings.map(({kind}) => kind)).toEqual(['layer-missing']);
	});
});

/** What a plan's part asks for, over HTTP. */
async function carryOut({role, where, digest, from}: RelinkPart, base: string, bytes: Buffer): Promise<void> {
	if (where === 'elsewhere') {
		const mounted = await fetch(`${base}/blobs/uploads/?mount=${digest}&from=${from}`, {method: 'POST'});
		expect(mounted.status).toBe(201);
	} else if (role === 'manifest' && where === 'disk') {
		const stored = await fetch(`${base}/manifests/${digest}`, {
			method: 'PUT',
			headers: {'Content-Type': mediaTypes.ociManifest},
			body: new Uint8Array(bytes),
		});
		expect(stored.status).toBe(201);
	}
}
