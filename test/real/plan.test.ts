import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readdir, readFile, realpath, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

async function commitDockerfile(folder: string, text: string): Promise<void> {
	const git = (...args: string[]) =>
		promisify(execFile)('git', ['-c', 'user.name=octocat', '-c', 'user.email=octocat@git.example', ...args]);
	await git('init', '--quiet', folder);
	await writeFile(path.join(folder, 'Dockerfile'), text);
	await git('-C', folder, 'add', '.');
	await git('-C', folder, 'commit', '--quiet', '--message=Build');
}

/** One collection's damage in four repositories, on a real registry and its disk. */
describeReal('a plan for all damage of a registry', ['docker-registry', 'git'], () => {
	let login: Login;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let registry: RealRegistry;
	const images: Record<string, BuiltImage> = {};

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		store = openStore(path.join(temporary.folder, 'store'));
		for (const repository of ['infra-ci', 'shop/web', 'tools/lint', 'tools/sign']) {
			for (const tag of ['latest', 'older']) {
				const image = buildImage({seed: `${repository} ${tag}`});
				images[`${repository}:${tag}`] = image;
				await store.push(repository, tag, image);
			}
		}

		await store.push('infra-ci', '2026-04', images['infra-ci:latest']!);
		const unlink = (repository: string, {manifests}: BuiltImage) =>
			store.remove(path.dirname(store.revisionLink(repository, manifests[0]!.digest)));
		// What -m takes: the link of a child, and of two images the data below it as well.
		await unlink('tools/lint', images['tools/lint:latest']!);
		await unlink('tools/sign', images['tools/sign:latest']!);
		for (const name of ['infra-ci', 'shop/web']) {
			const image = images[`${name}:latest`]!;
			await unlink(name, image);
			await store.remove(path.dirname(store.blobFile(image.blobs[0]!.digest)));
		}

		registry = await startDockerRegistry({root: store.root, folder: temporary.folder});
		const git = path.join(temporary.folder, 'infra');
		await commitDockerfile(git, `FROM ${registry.host}/tools/lint:latest\nRUN make\n`);
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({
				registries: {private: {url: `http://${registry.host}`, storage: {root: store.root}}},
				images: {
					'infra-ci': {registry: 'private', fallback: {on: 'local', git}},
				},
			}),
		);
	});

	afterAll(async () => {
		await registry?.stop();
		await login[Symbol.asyncDispose]();
		await temporary[Symbol.asyncDispose]();
	});

	const plan = async (file: string, ...more: string[]) => {
		const ran = await login.run(['respond', '--registry', 'private', '--plan', file, ...more]);
		const text = await readFile(path.join(login.folder, 'work', file), 'utf8').catch(() => undefined);
		return {...ran, text, made: text === undefined ? undefined : (JSON.parse(text) as Plan)};
	};
	const files = async () => {
		const names = await readdir(store.root, {recursive: true});
		return Promise.all(names.map(async name => `${name} ${(await stat(path.join(store.root, name))).mtimeMs}`));
	};

	it('names every damaged image once, with all its tags, and what is done about each; nothing is changed, and no incident is opened', async () => {
		const before = await files();

		const {exitCode, stdout, stderr, made} = await plan('one.json');

		expect(exitCode, stderr).toBe(3);
		expect(made!.complete).toBe(true);
		expect(made!.images.map(({repository, tags, recommended}) => [repository, tags, recommended])).toEqual([
			['infra-ci', ['2026-04', 'latest'], 'rebuild-fallback'],
			['shop/web', ['latest'], 'leave'],
			['tools/lint', ['latest'], 'relink'],
			['tools/sign', ['latest'], 'relink'],
		]);
		expect(made!.images[0]).toMatchObject({
			digest: images['infra-ci:latest']!.index.digest,
			platforms: {whole: ['linux/arm64'], lost: ['linux/amd64']},
			findings: ['child-swept'],
		});
		expect(made!.items.map(({id, image, remedy, after}) => [id, image?.split('@')[0], remedy, after])).toEqual([
			['1', 'tools/lint', 'relink', []],
			['2', 'tools/sign', 'relink', []],
			// Its base is repaired first.
			['3', 'infra-ci', 'rebuild-fallback', ['1']],
		]);
		expect(made!.items[2]!.changes).toMatchObject([
			{type: 'build-and-push', bases: [`${registry.host}/tools/lint:latest`], loses: ['linux/arm64']},
		]);
		expect(made!.items[0]!.changes).toEqual([
			{
				type: 'store-manifest',
				repository: 'tools/lint',
				digest: images['tools/lint:latest']!.manifests[0]!.digest,
			},
		]);
		const {dev, ino} = await stat(store.root);
		expect(made!.identity).toEqual({
			url: `http://${registry.host}`,
			certificate: null,
			hostKey: null,
			root: await realpath(store.root),
			device: `${dev}:${ino}`,
		});
		// Its fallback builds for one platform, and linux/arm64 can be pulled.
		expect(made!.destructive).toBe(1);
		expect(stdout).toContain('4 damaged images in 4 repositories.');
		expect(await files()).toEqual(before);
		expect(await readdir(login.state).catch(() => [])).not.toContain('incidents');
	});

	it('takes another remedy for an image, a glob or a cause; the last one wins', async () => {
		const {made, exitCode, stderr} = await plan(
			'two.json',
			'--remedy',
			'tools/*=leave',
			'--remedy',
			'tools/sign=relink',
			'--remedy',
			'cause:child-swept=leave',
		);

		expect(exitCode, stderr).toBe(3);
		expect(made!.items.map(({image, remedy}) => [image?.split('@')[0], remedy])).toEqual([['tools/sign', 'relink']]);
		expect(made!.destructive).toBe(0);
	});

	it.each([
		['matches nothing', 'nobody=leave', 'no damaged image matches'],
		['is not possible', 'shop/web=relink', 'relink is not possible for shop/web@'],
		['asks who uses the images, which nobody has looked at', 'unused=leave', 'not known which images are used'],
		['is none', 'shop/web=burn', 'is not IMAGE=REMEDY'],
	])('is not written where a choice %s', async (_, choice, why) => {
		const {exitCode, stderr, text} = await plan('never.json', '--remedy', choice);

		expect({exitCode, text}).toEqual({exitCode: 2, text: undefined});
		expect(stderr.replaceAll('\n  ', ' ')).toContain(why);
	});

	it('is never written over another file', async () => {
		const file = path.join(login.folder, 'work/there.json');
		await writeFile(file, 'mine');

		const {exitCode, stderr} = await login.run(['respond', '--registry', 'private', '--plan', 'there.json']);

		expect(exitCode).toBe(2);
		expect(stderr).toContain('exists already');
		expect(await readFile(file, 'utf8')).toBe('mine');
	});

	it('is shown with every change and undo, and with the hash of its file', async () => {
		const {text, made} = await plan('shown.json', '--remedy', 'shop/web=re-point');

		const {exitCode, stdout} = await login.run(['plan', 'show', 'shown.json']);

		expect(exitCode).toBe(0);
		expect(made!.destructive).toBe(2);
		expect(stdout).toContain(`SHA-256 of the file: ${createHash('sha256').update(text!).digest('hex')}`);
		expect(stdout).toContain('DESTRUCTIVE: points latest at');
		expect(stdout.match(/Undo: /g)).toHaveLength(4);
	});

	it('has no rows where another registry responds than the one on the disk: exit 8', async () => {
		const elsewhere = openStore(path.join(temporary.folder, 'elsewhere'));
		await elsewhere.push('acme/app', 'v1', buildImage({seed: 'elsewhere'}));
		const other = await startDockerRegistry({root: elsewhere.root, folder: temporary.folder});
		const config = path.join(login.folder, 'work/elsewhere.yaml');
		await writeFile(
			config,
			JSON.stringify({registries: {private: {url: `http://${other.host}`, storage: {root: store.root}}}}),
		);

		const {exitCode, made, stdout} = await plan('elsewhere.json', '--config', config).finally(() => other.stop());

		expect(exitCode).toBe(8);
		expect(made).toMatchObject({complete: false, images: [], items: []});
		expect(stdout).toContain('INCOMPLETE');
	});

	it('has nothing to do where nothing is damaged: exit 0', async () => {
		const whole = openStore(path.join(temporary.folder, 'whole'));
		await whole.push('acme/app', 'v1', buildImage({seed: 'whole'}));
		const other = await startDockerRegistry({root: whole.root, folder: temporary.folder});
		const config = path.join(login.folder, 'work/whole.yaml');
		await writeFile(
			config,
			JSON.stringify({registries: {whole: {url: `http://${other.host}`, storage: {root: whole.root}}}}),
		);

		const ran = await login.run(['respond', '--config', config, '--plan', 'whole.json']).finally(() => other.stop());

		expect(ran.exitCode, ran.stderr).toBe(0);
		expect(ran.stdout).toContain('No image is damaged.');
	});

	it('is the plan of an incident about the registry as well, which begins with the image that is needed most', async () => {
		const {made} = await plan('same.json');

		const {stdout, stderr} = await login.run(['respond', '--registry', 'private', '--auto', '--plain']);

		expect(stdout, stderr).toContain(`Responding to ${registry.host}/infra-ci:2026-04`);
		const incidents = path.join(login.state, 'incidents');
		const [name] = await readdir(incidents);
		const journal = await readFile(path.join(incidents, name!, 'events.jsonl'), 'utf8');
		const events = journal
			.trim()
			.split('\n')
			.map(line => JSON.parse(line));
		const {output, evidence} = events.find(({type, step}) => type === 'effect.finished' && step === 'scope');
		// What was read to know which image that is serves the plan as well.
		const log = await readFile(path.join(incidents, name!, evidence[0].file), 'utf8');
		expect(log).toMatch(/^The registry was read \S+ s ago, .* It is not read again\.$/m);
		expect(log).not.toContain('/v2/_catalog');
		const rows = output.rows.map(({id, recommended}: {id: string; recommended: string}) => `${id} ${recommended}`);
		expect([...rows].sort()).toEqual(made!.images.map(({id, recommended}) => `${id} ${recommended}`).sort());
		// Below what it is built from.
		expect(rows[0]).toMatch(/^tools\/lint@/);
		expect(rows[1]).toMatch(/^infra-ci@/);
		const prepared = events.find(({type}) => type === 'plan.prepared').prepared as {row: string; remedy: string}[];
		expect(new Set(prepared.map(({row, remedy}) => `${row} ${remedy}`))).toEqual(
			new Set(made!.items.map(({image, remedy}) => `${image} ${remedy}`)),
		);
	});
});
