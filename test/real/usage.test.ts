import {execFile} from 'node:child_process';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

const run = promisify(execFile);
const pulledAs = 'registry.example:5050';
const kinds = ['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'CronJob', 'Job'];

/** Three damaged images: one that a deployment names, one that a cron job is pinned to without a tag, one that nothing uses. */
describeReal('a plan with what uses the images', ['docker-registry'], () => {
	let login: Login;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let registry: RealRegistry;
	const images: Record<string, BuiltImage> = {};

	beforeAll(async () => {
		[login, temporary] = await Promise.all([openLogin(), temporaryFolder()]);
		store = openStore(path.join(temporary.folder, 'store'));
		for (const repository of ['web', 'nightly', 'forgotten']) {
			const image = buildImage({seed: repository, layers: 1});
			images[repository] = image;
			await store.push(repository, 'latest', image);
			await store.remove(path.dirname(store.revisionLink(repository, image.manifests[0]!.digest)));
		}

		// Its tag names another image by now.
		await store.push('nightly', 'latest', buildImage({seed: 'newer', layers: 1}));
		// What was pushed a moment ago and has no tag may be a push that has not ended.
		await run('find', [store.root, '-exec', 'touch', '-d', '2026-04-01', '{}', '+']);
		registry = await startDockerRegistry({root: store.root, folder: temporary.folder});
	});

	afterAll(async () => {
		await registry?.stop();
		await login[Symbol.asyncDispose]();
		await temporary[Symbol.asyncDispose]();
	});

	const container = (image: string) => ({containers: [{name: 'c', image}]});
	const item = (kind: string, name: string, spec: object, status = {}) => ({
		kind,
		metadata: {name, namespace: 'acme'},
		spec,
		status,
	});
	const workloads = () => [
		item('Deployment', 'web', {template: {spec: container(`${pulledAs}/web:latest`)}}),
		item('CronJob', 'nightly', {
			jobTemplate: {spec: {template: {spec: container(`${pulledAs}/nightly@${images.nightly!.index.digest}`)}}},
		}),
		item('Pod', 'gone', container(`${pulledAs}/web@sha256:${'0'.repeat(64)}`)),
	];

	/** @param looked the kinds that the list shows somebody looked for */
	async function plan(file: string, looked: string[], ...more: string[]) {
		const list = path.join(temporary.folder, `${file}-workloads.json`);
		await writeFile(list, JSON.stringify([...workloads(), ...looked.map(kind => ({kind: `${kind}List`, items: []}))]));
		const registries = {
			private: {url: `http://${registry.host}`, addresses: [pulledAs], storage: {root: store.root}},
		};
		const work = path.join(login.folder, 'work');
		await writeFile(path.join(work, 'regmedic.yaml'), JSON.stringify({registries, usage: {file: list}}));
		const ran = await login.run(['respond', '--registry', 'private', '--plan', file, ...more]);
		const text = await readFile(path.join(work, file), 'utf8').catch(() => undefined);
		return {...ran, made: text === undefined ? undefined : (JSON.parse(text) as Plan)};
	}

	it('names them in every row, and a digest that a workload is pinned to is damage without a tag', async () => {
		const {made, stdout, stderr, exitCode} = await plan('whole.json', kinds);

		expect(exitCode, stderr).toBe(3);
		expect(made!.usage).toMatchObject({notLookedAt: [], lookedAt: expect.arrayContaining(['pods', 'cronjobs'])});
		const rows = made!.images.map(({repository, tags, recommended, usedBy}) => ({
			...{repository, tags, recommended},
			users: usedBy!.map(({kind, name, by}) => `${kind} ${name} by ${by}`),
		}));
		expect(rows).toHaveLength(4);
		expect(rows).toEqual(
			expect.arrayContaining([
				{repository: 'forgotten', tags: ['latest'], recommended: 'relink', users: []},
				{repository: 'nightly', tags: [], recommended: 'relink', users: ['CronJob acme/nightly by digest']},
				{repository: 'web', tags: ['latest'], recommended: 'relink', users: ['Deployment acme/web by tag']},
				{repository: 'web', tags: [], recommended: 'leave', users: ['Pod acme/gone by digest']},
			]),
		);
		expect(stdout.replace(/\s+/g, ' ')).toContain(
			'CronJob acme/nightly fails at its next run on a node that lacks it, pinned to the digest',
		);
		expect(stdout.replace(/\s+/g, ' ')).toMatch(/No use found in: pods, .* \(the file .*, looked at .* UTC\)/);
	});

	it('used and unused are groups that a remedy can be chosen for', async () => {
		const {made, exitCode} = await plan('groups.json', kinds, '--remedy', 'unused=leave');

		expect(exitCode).toBe(3);
		expect(made!.items.map(({image}) => image!.split('@')[0]).sort()).toEqual(['nightly', 'web']);
	});

	it('nothing is called unused where a kind of workload was not looked at', async () => {
		const {made, stderr, exitCode} = await plan('half.json', ['Pod'], '--remedy', 'unused=leave');

		expect(made).toBeUndefined();
		expect(stderr).toContain('it is not known which images are used');
		expect(exitCode).toBe(2);
	});
});
