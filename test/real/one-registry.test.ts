import {readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {startAgent} from '../../src/drills/ci/agent.ts';
import {drillPlace} from '../../src/drills/ci/drill-place.ts';
import {pipelineStore} from '../../src/drills/ci/pipeline-store.ts';
import {viewOf} from '../../src/drills/ci/requests/shared.ts';
import {startCi} from '../../src/drills/ci/server.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {describeReal} from '../support/real.ts';
import {pullImage, pushImage} from '../support/real-images.ts';
import {openScene, type Scene} from '../support/real-scene.ts';
import type {Tmux} from '../support/real-tmux.ts';

const programs = ['docker-registry', 'htpasswd', 'sshd', 'ssh', 'git', 'buildah', 'skopeo', 'tmux'];
/** Each has a pipeline, which runs in infra-ci. */
const built = ['data/etl', 'tools/lint', 'web/api', 'web/edge'];
/** Their children are tagged in another repository: the collection takes only their links. */
const linked = ['batch/a', 'batch/b', 'batch/c', 'shop/cart', 'shop/site'];
const mirrors = linked.map(name => `mirror/${name}`);
const whole = Array.from({length: 15}, (_, n) => `acme/app-${n}`);
const broken = ['infra-ci', ...built, ...linked];

/** One collection breaks ten of thirty images in ten repositories, the image of CI among them. */
describeReal('one incident for all damage of a real registry', programs, () => {
	let scene: Scene;
	const closers: (() => Promise<void>)[] = [];
	const triggered = new Map<string, ReturnType<typeof pipelineStore>>();

	beforeAll(async () => {
		scene = await openScene();
		const {host} = scene.registry;
		const {username, password} = scene.credentials;
		const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
		const push = (name: string, image: BuiltImage) =>
			pushImage({image, to: `${host}/${name}:latest`, credentials: scene.credentials, folder: scene.folder});
		/** A manifest with a tag outlives the collection. */
		const keepChildren = (name: string, {manifests}: BuiltImage) =>
			Promise.all(
				manifests.map(async ({bytes, mediaType}, n) => {
					const headers = {authorization, 'content-type': mediaType};
					const url = `http://${host}/v2/${name}/manifests/child-${n}`;
					const {status} = await fetch(url, {method: 'PUT', headers, body: new Uint8Array(bytes)});
					expect(status, url).toBe(201);
				}),
			);
		const imageOf = (name: string) => buildImage({seed: name.replace(/^mirror\//, ''), attestations: false, layers: 1});
		for (const name of [...broken, ...mirrors, ...whole]) {
			await push(name, imageOf(name));
		}

		for (const name of [...mirrors, ...whole]) {
			await keepChildren(name, imageOf(name));
		}

		await scene.collectGarbage();
		await scene.registry.restart();

		const repositories = [...built, 'infra-ci'].map(repository => {
			const name = repository === 'infra-ci' ? 'infra' : repository.replace('/', '-');
			const store = pipelineStore([], async () => {});
			triggered.set(repository, store);
			return {repository, name, store, pushes: `${host}/${repository}:latest`, runsInImage: repository !== 'infra-ci'};
		});
		const agents: ReturnType<typeof startAgent>[] = [];
		const place = drillPlace({
			token: 'token-of-the-stand-in',
			repositories,
			seed: 'real',
			speed: 4,
			image: `${host}/infra-ci:latest`,
			changed: () => agents.forEach(({wake}) => void wake()),
		});
		const ci = await startCi({port: 0, place});
		closers.push(() => ci.close());
		for (const {repository, name, store} of repositories) {
			const agent = startAgent(store, {
				registryUrl: `http://${host}`,
				credentials: scene.credentials,
				runsIn: {repository: 'infra-ci', tag: 'latest'},
				builds: {repository, tags: ['latest']},
				seed: name,
				view: () => viewOf(place),
			});
			agents.push(agent);
			closers.push(() => agent.stop());
		}

		const token = path.join(scene.folder, 'ci-token');
		await writeFile(token, 'token-of-the-stand-in\n', {mode: 0o600});
		const config = await readFile(scene.configFile, 'utf8');
		const more = built.map(
			name =>
				`  ${name}: {registry: private, build: {repository: acme/${name.replace('/', '-')}, branch: main, pushes: [latest], runsIn: [infra-ci]}}\n`,
		);
		await writeFile(
			scene.configFile,
			`woodpecker: {url: 'http://127.0.0.1:${ci.port}', token: {file: ${token}}}\n${config.replace('branch: master', 'branch: main')}${more.join('')}`,
		);
	}, 600_000);

	afterAll(async () => {
		await Promise.all(closers.map(close => close()));
		await scene?.[Symbol.asyncDispose]();
	});

	/** Builds take as long as they take. */
	async function soon(terminal: Tmux, pattern: RegExp): Promise<string> {
		for (let tries = 1; ; tries++) {
			try {
				return await terminal.until(pattern);
			} catch (error) {
				if (tries === 8) {
					throw error;
				}
			}
		}
	}

	test('a person repairs ten images with one approval; each is pulled whole, and the report names all', async () => {
		const {host} = scene.registry;
		const terminal = await scene.terminal(['respond', '--auto', '--image', `${host}/infra-ci:latest`]);
		let keys = 0;
		const press = async (...pressed: string[]) => {
			keys += pressed.length;
			await terminal.press(...pressed);
		};

		// Its changes have been looked up.
		await soon(terminal, /would lose linux\/arm64/);
		// A key that was meant for the screen before does not accept a plan.
		// The fallback loses a platform that no configuration leaves out: its number is typed.
		const asked = /To go ahead, type: +1 /;
		for (let shown = ''; !asked.test(shown); ) {
			await press('Enter');
			shown = await soon(terminal, /has only just come up|To go ahead, type: +1 /);
		}

		keys += 1;
		await terminal.type(`1 ${scene.registry.host}`);
		await press('Enter');
		for (const question of [/Who or what was affected/, /When did it begin/, /Who or what noticed it/]) {
			await soon(terminal, question);
			await press('Enter');
		}

		await soon(terminal, /The images are intact, and/);
		await press('q');
		const ended = await terminal.ended();

		// The build host builds for its own platform: the end says so, and is not "fixed".
		expect(ended.code, ended.scrollback).toBe(3);
		expect(ended.scrollback.replace(/\s+/g, ' ')).toContain('linux/arm64 of infra-ci:latest');
		expect(keys).toBeLessThanOrEqual(15);
		expect([...triggered.values()].map(store => store.pipelines().length)).toEqual([1, 1, 1, 1, 0]);

		for (const name of [...broken, ...mirrors, ...whole]) {
			await pullImage(`${host}/${name}:latest`, scene.credentials, scene.folder);
		}

		const incidents = path.join(scene.stateFolder, 'incidents');
		const [name] = await readdir(incidents);
		const folder = path.join(incidents, name!);
		const report = await readFile(path.join(folder, 'post-mortem.md'), 'utf8');
		for (const each of broken) {
			expect(report).toContain(`| ${each}:latest | `);
		}

		const journal = await readFile(path.join(folder, 'events.jsonl'), 'utf8');
		expect(journal).toContain('10 of 10 planned intact.');
		expect(journal.match(/"type":"gate.opened"/g)).toHaveLength(1);
	}, 600_000);
});
