import {mkdir, rename, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Digest} from '../../src/domain/image/digest.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import {type Incident, lastVisit} from '../../src/domain/incident/incident.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {pushImage} from '../../src/drills/images/registry-client.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {startIncident} from '../../src/incidents/start.ts';
import {plainInvocation} from '../support/plain-invocation.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {approve, choose, pick, respondWith, type Script} from '../support/real-responder.ts';

/** What the disk shows decides what a responder is offered, on a real registry and its real store. */
describeReal('an incident with a disk to read', ['docker-registry'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let registry: RealRegistry;
	let store: Store;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		const {folder} = temporary;
		const root = path.join(folder, 'storage');
		await mkdir(root);
		registry = await startDockerRegistry({root, folder});
		store = openStore(root);
		await writeFile(
			path.join(folder, 'regmedic.yaml'),
			`registries:\n  private: {url: 'http://${registry.host}', storage: {root: '${root}'}}\n`,
		);
	});

	afterAll(async () => {
		await registry?.stop();
		await temporary?.[Symbol.asyncDispose]();
	});

	const push = (repository: string, tag: string, image: BuiltImage) =>
		pushImage({
			registryUrl: `http://${registry.host}`,
			repository,
			tags: [tag],
			image,
			agent: 'test',
			signal: AbortSignal.timeout(20_000),
		});
	const damage = async (...files: string[]) => {
		for (const file of files) {
			await rm(file, {recursive: true});
		}

		// What the registry has in memory is another test's.
		await registry.restart();
	};

	async function respond(image: string, script: Script): Promise<Incident> {
		const {folder} = temporary;
		const environment = {PATH: process.env.PATH, HOME: folder, XDG_STATE_HOME: path.join(folder, 'state')};
		const invocation = plainInvocation(folder, environment);
		const {session, close} = await startIncident(invocation, {
			runbook: 'orphan-index',
			reference: parseReference(`${registry.host}/${image}`),
			pace: 'auto',
			dryRun: false,
			another: true,
		});
		return respondWith(session, script).finally(close);
	}

	const offers = ({visits}: Incident) => {
		const asked = visits.findLast(({step}) => step === 'decide')?.asked;
		return asked?.kind === 'choose' ? asked.options : [];
	};
	const offer = (incident: Incident, wanted: string) => offers(incident).find(({key}) => key === wanted)!;
	const digestOf = async (repository: string, tag: string) =>
		(
			await fetch(`http://${registry.host}/v2/${repository}/manifests/${tag}`, {
				headers: {Accept: 'application/vnd.oci.image.index.v1+json'},
			})
		).headers.get('docker-content-digest') as Digest;

	test('an index that lost only its own link is relinked', async () => {
		const image = buildImage({seed: 'index without a link'});
		await push('acme/index', 'v1', image);
		await damage(path.dirname(store.revisionLink('acme/index', image.index.digest)));

		const incident = await respond('acme/index:v1', {decide: [choose('relink')], relink: [approve]});

		expect(offers(incident)[0]).toMatchObject({key: 'relink', recommended: true, title: 'Relink 1 manifest'});
		expect(lastVisit(incident, 'verify')?.outcome).toBe('intact');
	});

	test('a tag without its link is pointed back to the newest image of its history that is whole', async () => {
		const older = buildImage({seed: 'older'});
		const newer = buildImage({seed: 'newer'});
		await push('acme/history', 'v1', older);
		await push('acme/history', 'v1', newer);
		await damage(
			path.join(store.tagFolder('acme/history', 'v1'), 'current'),
			path.dirname(store.blobFile(newer.blobs[1]!.digest)),
		);

		const incident = await respond('acme/history:v1', {
			decide: [choose('re-point')],
			'pick-sibling': [pick(older.index.digest.slice(0, 19))],
			're-point': [approve],
		});

		expect(offers(incident)[0]).toMatchObject({key: 're-point', recommended: true});
		expect(lastVisit(incident, 'verify')?.outcome).toBe('intact');
		expect(await digestOf('acme/history', 'v1')).toBe(older.index.digest);
	});

	test('a re-point offers images only, each with its age and platforms, and points the tag at the one that was chosen', async () => {
		const broken = buildImage({seed: 'broken', created: '2026-04-02T00:00:00Z'});
		const older = buildImage({seed: '1.4.1', created: '2026-04-01T00:00:00Z'});
		await push('acme/web', 'latest', broken);
		await push('acme/web', '1.4.1', older);
		await push('acme/web', '1.6.0', buildImage({seed: '1.6.0', created: '2026-04-03T00:00:00Z'}));
		await push('acme/web', 'amd64', buildImage({seed: 'amd64', platforms: ['linux/amd64'], attestations: false}));
		await push('acme/web', `${older.index.digest.replace(':', '-')}.sig`, buildImage({seed: 'signature'}));
		await damage(path.dirname(store.blobFile(broken.blobs[1]!.digest)));

		const incident = await respond('acme/web:latest', {
			decide: [choose('re-point')],
			'pick-sibling': [pick('1.4.1')],
			're-point': [approve],
		});

		const asked = lastVisit(incident, 'pick-sibling')?.asked;
		expect(asked?.kind === 'ask' && asked.questions[0]!.options).toMatchObject([
			{key: '1.6.0', status: 'newer by its build', platforms: ['linux/amd64', 'linux/arm64']},
			{key: '1.4.1', status: 'older by its build', digest: older.index.digest},
		]);
		expect(offer(incident, 're-point')).toMatchObject({
			title: 'Re-point the tag to one of 2 intact images',
			risk: expect.stringContaining('users get another build'),
		});
		expect(await digestOf('acme/web', 'latest')).toBe(older.index.digest);
	});

	test('a folder in the place of a link is named, and nothing is relinked before it is moved aside', async () => {
		const image = buildImage({seed: 'folder', platforms: ['linux/amd64'], attestations: false});
		await push('acme/folder', 'v1', image);
		const link = store.revisionLink('acme/folder', image.manifests[0]!.digest);
		await damage(link);
		await mkdir(link);

		const before = await respond('acme/folder:v1', {});

		expect(offer(before, 'relink').blocked).toMatch(
			/^First move aside repositories\/acme\/folder\/_manifests\/revisions\/sha256\/[0-9a-f]{64}\/link on the host/,
		);

		await rename(link, `${link}.aside`);
		const after = await respond('acme/folder:v1', {decide: [choose('relink')], relink: [approve]});

		expect(lastVisit(after, 'verify')?.outcome).toBe('intact');
	});

	test('a digest that no tag names is scanned when it was asked for, and its lost layers are found', async () => {
		const image = buildImage({seed: 'untagged', platforms: ['linux/amd64'], attestations: false});
		await push('acme/untagged', 'v1', image);
		await push('acme/untagged', 'v1', buildImage({seed: 'its successor'}));
		await damage(path.dirname(store.blobFile(image.blobs[1]!.digest)));

		const incident = await respond(`acme/untagged@${image.index.digest}`, {});

		expect(lastVisit(incident, 'scan-storage')).toMatchObject({
			outcome: 'found',
			say: expect.stringContaining('On disk, this image: 1 layer-missing;'),
			output: {findings: [{kind: 'layer-missing', digest: image.blobs[1]!.digest, tags: []}]},
		});
	});
});
