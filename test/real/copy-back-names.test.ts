import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it, vi} from 'vitest';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {hashOfFile} from '../support/plan-file.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

/** Each starts the program several times: plenty, also on a busy machine. */
vi.setConfig({testTimeout: 300_000, hookTimeout: 300_000});

/** A hash proves bytes, not names: which digest a tag meant. And what is done where there is no disk to read. */
describeReal('a copy-back whose names or disk are not known', ['docker-registry'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let login: Login;
	let store: Store;
	let registry: RealRegistry;
	let mirror: RealRegistry;
	const image = (name: string) => buildImage({seed: name, attestations: false, created: '2026-04-18T02:00:00Z'});
	const images: Record<string, BuiltImage> = {
		'acme/nameless': image('nameless'),
		'acme/contested': image('contested'),
		'acme/far': image('far'),
		'acme/remembered': image('remembered'),
		'acme/moved': image('moved'),
	};
	const inside = (name: string) => path.join(temporary.folder, name);

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		store = openStore(inside('store'));
		const [second, older] = [openStore(inside('mirror')), openStore(inside('offsite'))];
		for (const [repository, built] of Object.entries(images)) {
			await store.push(repository, 'latest', built);
			// Keeps the repository in the catalogue, whatever becomes of the other tag.
			await store.push(repository, 'other', image(`${repository} other`));
			await second.push(repository, repository === 'acme/remembered' ? 'kept' : 'latest', built);
		}

		await older.push('acme/contested', 'latest', image('an older one'));
		await older.push('acme/moved', 'kept', images['acme/moved']!);
		await second.push('acme/moved', 'latest', image('an older one'));
		for (const repository of ['acme/nameless', 'acme/contested']) {
			await forget(repository);
		}

		registry = await startDockerRegistry({root: store.root, folder: temporary.folder});
		mirror = await startDockerRegistry({root: second.root, folder: temporary.folder});
		await configure('with-disk', {storage: {root: store.root}});
		await configure('without-disk', {});
	});

	afterAll(async () => {
		await Promise.all([registry?.stop(), mirror?.stop()]);
		await login?.[Symbol.asyncDispose]();
		await temporary?.[Symbol.asyncDispose]();
	});

	const configure = (name: string, more: object, beside: object = {}) =>
		writeFile(
			inside(`${name}.yaml`),
			JSON.stringify({
				registries: {private: {url: `http://${registry.host}`, sources: ['offsite', 'mirror'], ...more}},
				sources: {offsite: {root: inside('offsite')}, mirror: {url: `http://${mirror.host}`}},
				...beside,
			}),
		);

	/** Everything of an image is lost, and with the link of its tag its name. */
	async function forget(repository: string) {
		const {index, manifests, blobs} = images[repository]!;
		for (const {digest} of [index, ...manifests]) {
			await store.remove(path.dirname(store.revisionLink(repository, digest)));
		}

		for (const {digest} of [index, ...manifests, ...blobs]) {
			await store.remove(path.dirname(store.blobFile(digest)));
		}

		await store.remove(path.join(store.tagFolder(repository, 'latest'), 'current'));
		await store.remove(path.join(store.tagFolder(repository, 'latest'), 'index'));
	}

	const respond = (name: string, ...args: string[]) =>
		login.run(['respond', '--config', inside(`${name}.yaml`), '--registry', 'private', ...args]);

	async function plan(name: string): Promise<Plan> {
		const {stderr} = await respond(name, '--plan', `${name}.json`);
		const text = await readFile(path.join(login.folder, 'work', `${name}.json`), 'utf8').catch(() =>
			expect.fail(stderr),
		);
		return JSON.parse(text);
	}

	async function apply(name: string) {
		const file = path.join(login.folder, 'work', `${name}.json`);
		const hash = await hashOfFile(file);
		const args = ['--apply', file, '--approve', hash, '--another'];
		const {exitCode, stdout, stderr} = await login.run(['respond', '--config', inside(`${name}.yaml`), ...args]);
		return {exitCode, said: `${stdout}\n${stderr}`};
	}

	const tagged = async (repository: string) => {
		const {index} = images[repository]!;
		const response = await fetch(`http://${registry.host}/v2/${repository}/manifests/latest`, {
			headers: {accept: index.mediaType},
		});
		return response.headers.get('docker-content-digest');
	};

	it('a tag that names nothing is brought back as the one witness knows it; where two disagree, nothing is chosen', async () => {
		const made = await plan('with-disk');
		const of = (repository: string) => {
			const {recommended, remedies} = made.images.find(each => each.repository === repository)!;
			return {recommended, ...remedies.find(({remedy}) => remedy === 'copy-back')!};
		};

		expect(of('acme/nameless')).toMatchObject({recommended: 'copy-back', possible: true});
		expect(of('acme/nameless').why).toMatch(
			/According to mirror \(built 2026-04-18 02:00 UTC\), the tag named sha256:\w{12}\./,
		);
		expect(of('acme/contested')).toMatchObject({possible: false});
		expect(of('acme/contested').recommended).not.toBe('copy-back');
		expect(of('acme/contested').why).toMatch(
			/offsite has sha256:\w{12} \(set by 20\d\d-\d\d-\d\d \d\d:\d\d UTC, built 2026-04-18 02:00 UTC\), mirror has sha256:\w{12} \(built 2026-04-18 02:00 UTC\)/,
		);
		const {exitCode, said} = await apply('with-disk');
		// What is contested is left.
		expect(exitCode, said).toBe(3);
		expect(await tagged('acme/nameless')).toBe(images['acme/nameless']!.index.digest);
		expect(await tagged('acme/contested')).toBeNull();
	});

	it('without a disk, what the registry does not serve is brought back', async () => {
		const built = images['acme/far']!;
		const [child] = built.manifests;
		await store.remove(path.dirname(store.revisionLink('acme/far', child!.digest)));
		for (const {digest} of [...built.blobs.slice(0, 3)]) {
			await store.remove(path.dirname(store.blobFile(digest)));
		}

		await registry.restart();
		const made = await plan('without-disk');
		expect(made.images.find(({repository}) => repository === 'acme/far')).toMatchObject({recommended: 'copy-back'});

		const {said} = await apply('without-disk');

		const data = await Promise.all(built.blobs.map(({digest}) => readFile(store.blobFile(digest)).catch(() => said)));
		expect(data).toEqual(built.blobs.map(({bytes}) => bytes));
		expect(await tagged('acme/far')).toBe(built.index.digest);
	});

	it('what a probe saw and what nodes run are witnesses, too: alike they suffice without a tag at any source', async () => {
		const {index, manifests} = images['acme/remembered']!;
		const named = (digest = '') => `${registry.host}/acme/remembered${digest}`;
		// CRI-O tells the manifest of its platform.
		const runs = {
			name: 'app',
			imageID: named(`@${manifests[0]!.digest}`),
			containerID: `cri-o://${'a'.repeat(64)}`,
			state: {running: {startedAt: '2026-04-18T03:00:00Z'}},
		};
		const pod = {
			kind: 'Pod',
			metadata: {name: 'app', namespace: 'acme'},
			spec: {containers: [{name: 'app', image: named(':latest')}]},
			status: {containerStatuses: [runs]},
		};
		await writeFile(inside('pods.json'), JSON.stringify([pod]));
		const witnesses = {storage: {root: store.root}, inventory: inside('inventory.jsonl')};
		await configure('witnesses', witnesses, {usage: {file: inside('pods.json')}});
		await login.run(['probe', 'private', '--config', inside('witnesses.yaml')]);
		for (const repository of ['acme/remembered', 'acme/moved']) {
			await forget(repository);
		}

		await registry.restart();

		const made = await plan('witnesses');
		const of = (repository: string) =>
			made.images.find(each => each.repository === repository)!.remedies.find(({remedy}) => remedy === 'copy-back')!;
		const {said} = await apply('witnesses');

		expect(of('acme/remembered')).toMatchObject({possible: true});
		expect(of('acme/remembered').why).toMatch(
			/According to the inventory \(last seen 20\d\d-\d\d-\d\d \d\d:\d\d UTC\) and Pod acme\/app \(by its platform sha256:\w{12}, started 2026-04-18 03:00 UTC\), the tag named/,
		);
		expect(of('acme/moved')).toMatchObject({possible: false});
		expect(of('acme/moved').why).toMatch(
			/mirror has sha256:\w{12} \(built 2026-04-18 02:00 UTC\), the inventory has sha256:\w{12} \(last seen 20/,
		);
		expect(await tagged('acme/remembered'), said).toBe(index.digest);
		expect(await tagged('acme/moved')).toBeNull();
	});
});
