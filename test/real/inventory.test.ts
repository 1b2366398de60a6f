import {cp, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {parseInventory} from '../../src/domain/inventory/inventory-text.ts';
import type {PostMortem} from '../../src/domain/post-mortem/post-mortem.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {registryVersion} from '../support/registry-program.ts';

const names = Array.from({length: 12}, (_, n) => `acme/service-${n}`);
const moved = names.slice(0, 3);
const [removed, broken] = [names[4]!, names[5]!];
const imageOf = (name: string, version = 1) => buildImage({seed: `${name} ${version}`, layers: 1});

/** One story: two days of probes, then a restore of yesterday's links and a deleted repository. */
describeReal(`an inventory of distribution ${registryVersion}`, ['docker-registry'], () => {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let login: Login;
	let store: Store;
	let registry: RealRegistry;
	let file: string;
	let config: string;

	beforeAll(async () => {
		[place, login] = await Promise.all([temporaryFolder(), openLogin()]);
		const inside = (name: string) => path.join(place.folder, name);
		store = openStore(inside('root'));
		for (const name of names) {
			await store.push(name, 'latest', imageOf(name));
			await store.writeTag(name, '1.0', imageOf(name).index.digest);
		}

		registry = await startDockerRegistry({root: store.root, folder: place.folder});
		file = inside('inventory.jsonl');
		config = inside('regmedic.yaml');
		await writeFile(
			config,
			`registries:\n  private:\n    url: http://${registry.host}\n    inventory: ${file}\n    storage: {root: '${store.root}'}\n`,
		);

		expect((await regmedic('probe', 'private')).exitCode).toBe(0);
		// The first probe was yesterday's.
		await writeFile(
			file,
			(await readFile(file, 'utf8')).replace(
				/"\d{4}-[^"]*Z"/g,
				`"${new Date(Date.now() - 86_400_000).toISOString().slice(0, 19)}Z"`,
			),
		);
		await cp(path.join(store.base, 'repositories'), inside('yesterday'), {recursive: true});
		for (const name of moved) {
			await store.push(name, 'latest', imageOf(name, 2));
		}

		expect((await regmedic('probe', 'private')).exitCode).toBe(0);
		await cp(inside('yesterday'), path.join(store.base, 'repositories'), {recursive: true, force: true});
		await rm(path.join(store.base, 'repositories', removed), {recursive: true});
		await store.remove(store.revisionLink(broken, imageOf(broken).manifests[0]!.digest));
	});

	afterAll(async () => {
		await registry?.stop();
		await login?.[Symbol.asyncDispose]();
		await place?.[Symbol.asyncDispose]();
	});

	const regmedic = (...args: string[]) => login.run([...args, '--config', config]);
	const onOneLine = (text: string) => text.replace(/\s+/g, ' ');

	test('names to a scan every tag that moved back, with both digests, and what is gone', async () => {
		const {exitCode, stdout} = await regmedic('scan', '--registry', 'private', '--json');

		const {inventory} = JSON.parse(stdout);
		expect(exitCode).toBe(3);
		expect(inventory).toMatchObject({file, registry: registry.host, tags: [], dangling: [], older: 0, unread: 0});
		expect(inventory.repositories).toEqual([
			{
				repository: removed,
				lastSeen: expect.any(String),
				tags: expect.arrayContaining(
					['1.0', 'latest'].map(tag => expect.objectContaining({tag, digest: imageOf(removed).index.digest})),
				),
			},
		]);
		expect(inventory.movedBack).toHaveLength(moved.length);
		for (const repository of moved) {
			expect(inventory.movedBack).toContainEqual({
				repository,
				tag: 'latest',
				now: imageOf(repository).index.digest,
				digest: imageOf(repository, 2).index.digest,
				lastSeen: expect.stringMatching(/Z$/),
			});
		}
	});

	test('says the same in text, also where the file is named and the storage is a folder', async () => {
		const {stdout} = await login.run(['scan', '--path', store.root, '--inventory', file]);

		const text = onOneLine(stdout);
		expect(text).toContain(`Probes saw what this disk does not show any more (${file}, until `);
		expect(text).toMatch(
			new RegExp(`- ${removed} is gone, with 2 tags \\((1\\.0, latest|latest, 1\\.0)\\); last seen \\d{4}-`),
		);
		expect(text.match(/ moved back to sha256:\w{12}; it named sha256:\w{12}, last seen \d{4}-/g)).toHaveLength(3);
	});

	test('tells respond what a tag named whose repository is gone, so that it can be linked again', async () => {
		const {stdout, stderr} = await regmedic(
			'respond',
			'orphan-index',
			'--another',
			'--image',
			`${registry.host}/${removed}:latest`,
		);

		const digest = imageOf(removed).index.digest.slice(0, 19);
		const text = onOneLine(stdout + stderr);
		expect(text).toContain(`Its disk has lost its repository, and still holds ${digest}`);
		expect(text).toMatch(new RegExp(`${removed}:latest was seen to name ${digest} from \\d{4}-`));
		expect(text).toMatch(/Relink [^(]* and 2 tags \(recommended\)/);
	});

	test('is shown in an incident and kept for its post-mortem, with what the tag named before', async () => {
		const {stdout, stderr} = await regmedic(
			'respond',
			'orphan-index',
			'--another',
			'--image',
			`${registry.host}/${broken}:latest`,
		);
		const {incidents} = JSON.parse((await regmedic('incidents', '--json')).stdout);
		const incident = incidents.find(({image}: {image: string}) => image.includes(broken)).name;

		const text = onOneLine(stdout + stderr);
		expect(text).toContain('Probes saw the same digest until ');
		expect(text).toContain('Compared with what probes saw: 1 repository gone, 3 tags moved back.');
		expect(text).toContain(`${removed} is gone, with 2 tags`);
		const {before}: PostMortem = JSON.parse((await regmedic('export', incident, '--format', 'json')).stdout);
		expect(before).toMatchObject({
			inventory: {movedBack: {length: 3}, repositories: [{repository: removed}]},
			named: [{repository: broken, tag: 'latest', digest: imageOf(broken).index.digest}],
		});
		const {stdout: markdown} = await regmedic('export', incident);
		expect(markdown).toContain('## What probes saw before');
		expect(markdown).toContain(imageOf(broken).index.digest);
	});

	test('is one line of check', async () => {
		const {checks} = JSON.parse((await regmedic('check', '--json')).stdout);
		const line = checks.find(({what}: {what: string}) => what === 'inventory private');

		expect(line.ok).toBe(true);
		expect(line.say).toMatch(
			new RegExp(`^${file}, of ${registry.host}: 12 repositories, the last tag seen \\d{4}-.* UTC$`),
		);
	});

	test('that is damaged stops neither a scan nor an incident: each says so', async () => {
		const text = await readFile(file, 'utf8');
		await writeFile(file, text.replace('sha256:', 'sha256-'));
		try {
			const scan = await regmedic('scan', '--registry', 'private');
			const respond = await regmedic(
				'respond',
				'orphan-index',
				'--another',
				'--image',
				`${registry.host}/${broken}:1.0`,
			);

			expect(scan.exitCode).toBe(3);
			expect(onOneLine(scan.stdout)).toContain(`The inventory cannot be used: ${file}:2: `);
			expect(onOneLine(respond.stdout + respond.stderr)).toMatch(
				/On disk, this image: 1 child-unlinked.*The inventory cannot be used: /,
			);
		} finally {
			await writeFile(file, text);
		}
	});

	test('keeps what is gone through the probes that follow', async () => {
		await regmedic('probe', 'private');

		const {inventory} = parseInventory(await readFile(file, 'utf8'), file);
		expect([...inventory.repositories.keys()].toSorted()).toEqual(names.toSorted());
		const {stdout} = await regmedic('scan', '--registry', 'private', '--json');
		expect(JSON.parse(stdout).inventory).toMatchObject({movedBack: {length: 3}, repositories: {length: 1}});
	});
});
