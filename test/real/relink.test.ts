import {appendFile, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import {type Incident, lastVisit} from '../../src/domain/incident/incident.ts';
import {blobOf, buildImage} from '../../src/drills/images/image.ts';
import {startIncident} from '../../src/incidents/start.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {describeReal} from '../support/real.ts';
import {pullImage, pushImage} from '../support/real-images.ts';
import {answer, approve, choose, respondWith} from '../support/real-responder.ts';
import {openScene, type Scene} from '../support/real-scene.ts';

const image = buildImage({seed: 'relinked', platforms: ['linux/amd64'], attestations: false});
const [config, layer, other] = image.blobs.map(({digest}) => digest);
const {signal} = new AbortController();

/** What lost only links, on docker-registry and over sshd. */
describeReal('a relink on real servers', ['docker-registry', 'htpasswd', 'sshd', 'ssh', 'git', 'skopeo'], () => {
	let scene: Scene;
	let count = 0;
	let repository: string;
	let reference: string;

	beforeAll(async () => {
		scene = await openScene();
	});

	afterAll(() => scene?.[Symbol.asyncDispose]());

	/** A repository of its own; whatever is done to it, the registry has forgotten what it knew. */
	async function damaged(damage: (name: string) => Promise<unknown>, ...more: string[]): Promise<void> {
		repository = `acme/tool-${++count}`;
		reference = `${scene.registry.host}/${repository}:latest`;
		for (const name of [repository, ...more]) {
			const to = `${scene.registry.host}/${name}:latest`;
			await pushImage({image, to, credentials: scene.credentials, folder: scene.folder});
		}

		await damage(repository);
		await scene.registry.restart();
	}

	async function respond(): Promise<{incident: Incident}> {
		const {session, close} = await startIncident(scene.invocation(), {
			runbook: 'orphan-index',
			reference: parseReference(reference),
			pace: 'auto',
			dryRun: false,
			another: true,
		});
		const incident = await respondWith(session, {
			decide: [choose('relink')],
			relink: [approve],
			close: [answer({impact: 'nobody', began: 'unknown', noticed: 'a probe'})],
		}).finally(close);
		return {incident};
	}

	const unlink = (name: string, digest: typeof layer) => scene.store.remove(scene.store.layerLink(name, digest!));
	const linkOf = (name: string, digest: typeof layer) => readFile(scene.store.layerLink(name, digest!), 'utf8');

	test('a layer that another repository holds is mounted, one that none holds is uploaded from the disk', async () => {
		await damaged(async name => {
			await unlink(name, layer);
			await unlink(name, other);
			await unlink('acme/base', other);
			for (let before = 1; before < count; before++) {
				await unlink(`acme/tool-${before}`, other);
			}
		}, 'acme/base');

		const {incident} = await respond();

		expect(incident, JSON.stringify(incident.visits.at(-1))).toMatchObject({
			phase: {kind: 'stopped', stop: 'fixed'},
			verdict: {verdict: 'intact'},
		});
		const relink = lastVisit(incident, 'relink')!;
		expect(relink).toMatchObject({outcome: 'relinked', output: {relinked: [layer, other]}});
		expect(relink.gate).toMatchObject({
			phrase: 'relink 2 layers',
			changes: [
				{kind: 'mount-blob', repository, digest: layer, from: 'acme/base'},
				{kind: 'upload-blob', repository, digest: other},
			],
		});
		expect(relink.progress).toEqual(
			expect.arrayContaining([
				expect.objectContaining({
					name: 'relinked',
					detail: expect.objectContaining({kind: 'mount-blob', digest: layer}),
				}),
				expect.objectContaining({
					name: 'relinked',
					detail: expect.objectContaining({kind: 'upload-blob', digest: other}),
				}),
			]),
		);
		expect([await linkOf(repository, layer), await linkOf(repository, other)]).toEqual([layer, other]);
		await pullImage(reference, scene.credentials, scene.folder);
		// Nothing but the image's own repository was touched.
		await expect(linkOf('acme/base', other)).rejects.toThrow('ENOENT');
	});

	test('a tag whose link was damaged, and what lies below it, is written again under the same digests', async () => {
		await damaged(async name => {
			await appendFile(path.join(scene.store.tagFolder(name, 'latest'), 'current/link'), '\n');
			await rm(scene.store.revisionLink(name, image.manifests[0]!.digest));
			await unlink(name, config);
		});

		const {incident} = await respond();

		expect(incident, JSON.stringify(incident.visits.at(-1))).toMatchObject({
			phase: {kind: 'stopped', stop: 'fixed'},
			verdict: {verdict: 'intact'},
		});
		expect(lastVisit(incident, 'relink')).toMatchObject({
			outcome: 'relinked',
			gate: {phrase: 'relink 1 manifest, 1 config and 1 tag'},
			output: {relinked: [config, image.manifests[0]!.digest, 'latest']},
		});
		await pullImage(reference, scene.credentials, scene.folder);
	});

	test('a registry that still remembers: mount and upload bring the link and the data back all the same', async () => {
		await damaged(async () => {}, 'acme/base');
		const registry = createRegistry({
			host: scene.registry.host,
			url: `http://${scene.registry.host}`,
			clock: systemClock,
			credentials: async () => scene.credentials,
		});
		const size = image.blobs.find(({digest}) => digest === layer)!.bytes.length;
		const edge = () => registry.blob(repository, {digest: layer!, size}, 'edge', {signal});

		try {
			expect(await edge()).toMatchObject({state: 'present'});
			await unlink(repository, layer);
			expect(await edge()).toMatchObject({state: 'present'});
			expect(await registry.mountBlob(repository, layer!, 'acme/base', {signal})).toMatchObject({state: 'stored'});
			expect(await linkOf(repository, layer)).toBe(layer);

			await unlink(repository, layer);
			const {bytes} = image.blobs.find(({digest}) => digest === layer)!;
			const upload = () => registry.uploadBlob(repository, {digest: layer!, size}, inOne(bytes), {signal});
			expect(await upload()).toMatchObject({state: 'stored'});
			expect(await linkOf(repository, layer)).toBe(layer);

			await scene.store.remove(scene.store.blobFile(layer!));
			expect(await registry.mountBlob(repository, layer!, 'acme/base', {signal})).toMatchObject({state: 'stored'});
			expect(await edge()).not.toMatchObject({state: 'present'});
			expect(await upload()).toMatchObject({state: 'stored'});
			expect(await edge()).toMatchObject({state: 'present'});

			// Data that is there is not replaced, whatever is sent: it has to be moved aside first.
			await writeFile(scene.store.blobFile(layer!), '');
			expect(await upload()).toMatchObject({state: 'stored'});
			expect(await edge()).not.toMatchObject({state: 'present'});

			await expect(
				registry.uploadBlob(repository, blobFor('one'), inOne(Buffer.from('two')), {signal}),
			).rejects.toMatchObject({code: 'blob.wrong-digest'});
			expect(await registry.mountBlob(repository, blobFor('none').digest, 'acme/base', {signal})).toEqual({
				state: 'not-mounted',
				status: 202,
			});
			// 2.8 leaves a folder with a hash's state behind, and none of the data.
			const uploads = path.join(scene.store.base, 'repositories', repository, '_uploads');
			expect((await readdir(uploads, {recursive: true})).filter(name => name.endsWith('data'))).toEqual([]);
		} finally {
			await registry.close();
		}
	});
});

function blobFor(text: string) {
	const {digest, bytes} = blobOf(text);
	return {digest, size: bytes.length};
}

async function* inOne(bytes: Uint8Array) {
	yield bytes;
}
