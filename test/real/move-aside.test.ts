import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {chmod, mkdir, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import type {Digest} from '../../src/domain/image/digest.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {Visit} from '../../src/domain/incident/incident.ts';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {blobData} from '../../src/domain/storage/listing/paths.ts';
import {startIncident} from '../../src/incidents/start.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {plainInvocation} from '../support/plain-invocation.ts';
import {hashOfFile} from '../support/plan-file.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {approve, respondWith, settle} from '../support/real-responder.ts';

const run = promisify(execFile);

/** Each builds, and runs the program several times: plenty, also on a busy machine. */
vi.setConfig({testTimeout: 300_000, hookTimeout: 120_000});

const damage: [string, (whole: Buffer) => Buffer][] = [
	['empty', () => Buffer.alloc(0)],
	['truncated', whole => whole.subarray(0, whole.length - 7)],
	['corrupt', whole => Buffer.from(whole.map((byte, at) => (at === 20 ? byte ^ 1 : byte)))],
];

/** An image whose rebuild has the same layer, as a layer of a base image has: its data on the disk is bad. */
describeReal('bad data of a layer', ['docker-registry', 'git', 'buildah', 'skopeo', 'curl'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let login: Login;
	let registry: RealRegistry;
	let restarts: Server;
	let restarted = 0;
	let layer: Digest;
	let whole: Buffer;
	const inside = (...parts: string[]) => path.join(temporary.folder, ...parts);
	const data = (digest = layer) => inside('store/docker/registry/v2', blobData(digest));
	const environment = () => ({
		STORAGE_DRIVER: 'vfs',
		BUILDAH_ISOLATION: 'chroot',
		CONTAINERS_STORAGE_CONF: inside('storage.conf'),
	});
	const variables = () => ({...environment(), PATH: `${inside('bin')}:${process.env.PATH}`, HOME: inside('home')});
	const git = (...words: string[]) =>
		run('git', ['-C', inside('infra'), '-c', 'user.name=nora', '-c', 'user.email=nora@git.example', ...words]);

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		for (const name of ['bin', 'home', 'infra']) {
			await mkdir(inside(name));
		}

		// The same layer at every build: its times are those of the epoch.
		await writeFile(
			inside('bin/buildah'),
			`#!/bin/sh\ncase $1 in bud) shift; exec ${locate('buildah')} bud --timestamp 0 "$@" ;; esac\nexec ${locate('buildah')} "$@"\n`,
		);
		await chmod(inside('bin/buildah'), 0o755);
		await writeFile(
			inside('storage.conf'),
			`[storage]\ndriver = "vfs"\nrunroot = "${inside('run')}"\ngraphroot = "${inside('containers')}"\n`,
		);
		await writeFile(inside('infra/tool'), 'the toolchain\n'.repeat(100));
		await writeFile(inside('infra/Dockerfile'), 'FROM scratch\nCOPY --chmod=644 tool /tool\n');
		await git('init', '--quiet', '--initial-branch=main');
		await git('add', '.');
		await git('commit', '--quiet', '--message=Build the toolchain');

		registry = await startDockerRegistry({root: inside('store'), folder: temporary.folder});
		restarts = createServer((_, response) => {
			restarted++;
			registry.restart().then(
				() => response.end(),
				() => response.writeHead(500).end(),
			);
		}).listen(0, '127.0.0.1');
		await once(restarts, 'listening');
		const {port} = restarts.address() as AddressInfo;
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({
				registries: {
					private: {
						url: `http://${registry.host}`,
						storage: {root: inside('store'), restart: `curl -fsS http://127.0.0.1:${port}/`},
					},
				},
				images: {
					'infra-ci': {
						registry: 'private',
						fallback: {
							on: 'local',
							git: inside('infra'),
							branch: 'main',
							builder: 'buildah',
							tags: ['latest'],
							environment: environment(),
						},
					},
				},
			}),
		);
		await rebuild();
		const {stdout} = await run('skopeo', [
			'inspect',
			'--raw',
			'--tls-verify=false',
			`docker://${registry.host}/infra-ci:latest`,
		]);
		layer = JSON.parse(stdout).layers[0].digest;
		whole = await readFile(data());
	});

	afterAll(async () => {
		restarts?.close();
		await registry?.stop();
		await login?.[Symbol.asyncDispose]();
		await temporary?.[Symbol.asyncDispose]();
	});

	async function rebuild(): Promise<void> {
		const name = `${registry.host}/infra-ci:latest`;
		const env = variables();
		await run(inside('bin/buildah'), ['bud', '-t', name, inside('infra')], {env});
		await run(inside('bin/buildah'), ['push', '--tls-verify=false', name], {env});
	}

	const respond = async (...words: string[]) => {
		const ran = await login.run(['respond', '--registry', 'private', ...words], {environment: variables()});
		return {...ran, said: `${ran.stdout}\n${ran.stderr}`.replace(/\s+/g, ' ')};
	};
	const verdict = async () =>
		(await login.run(['verify', '--depth', 'content', `${registry.host}/infra-ci:latest`])).exitCode;
	let plans = 0;
	async function plan(): Promise<{file: string; made: Plan}> {
		const file = path.join(login.folder, 'work', `plan-${++plans}.json`);
		// A corrupt layer shows only where the image is read.
		const {exitCode, said} = await respond('--image', `${registry.host}/infra-ci:latest`, '--plan', file);
		expect(exitCode, said).toBe(3);
		return {file, made: JSON.parse(await readFile(file, 'utf8'))};
	}

	async function apply(file: string) {
		const approve = await hashOfFile(file);
		return respond('--apply', file, '--approve', approve, '--destructive', '1', '--another', '--json');
	}

	describe.each(damage)('that is %s', (_, damaged) => {
		it('is broken after a rebuild alone, and whole after the same rebuild with the data moved aside', async () => {
			const bad = damaged(whole);
			expect(await verdict()).toBe(0);
			await writeFile(data(), bad);
			await registry.restart();

			await rebuild();
			expect(await readFile(data())).toEqual(bad);
			expect(await verdict()).toBe(3);

			const {file, made} = await plan();
			expect(made.items.map(({remedy, destructive, after}) => [remedy, destructive, after])).toEqual([
				['move-aside', true, []],
				['restart', false, ['1']],
				['rebuild-fallback', false, ['1', '2']],
			]);
			expect(made.items[0]).toMatchObject({
				image: null,
				digest: layer,
				changes: [{type: 'move-aside', digest: layer, size: bad.length, images: ['infra-ci:latest']}],
			});
			const before = restarted;
			const {exitCode, said, stdout} = await apply(file);

			expect(exitCode, said).toBe(0);
			expect(JSON.parse(stdout).items.map(({outcome}: {outcome: string}) => outcome)).toEqual(['done', 'done', 'done']);
			expect(restarted - before).toBe(1);
			expect(await readFile(data())).toEqual(whole);
			expect(await verdict()).toBe(0);
			const [incident = ''] = await asides();
			expect(await readFile(inside('store/regmedic-aside', incident, blobData(layer)))).toEqual(bad);
			await rm(inside('store/regmedic-aside'), {recursive: true});
		});
	});

	it('goes back byte for byte where the rebuild failed: the next plan of the incident offers it', async () => {
		expect(await verdict()).toBe(0);
		await writeFile(data(), '');
		await registry.restart();
		await git('rm', '--quiet', 'tool');
		await git('commit', '--quiet', '--message=Break the build');
		const before = await stat(data());
		const row = `back:${layer.slice('sha256:'.length).slice(0, 12)}`;
		const choose =
			(rows: (visit: Visit) => string[], remedy: string) =>
			(visit: Visit): never =>
				({type: 'plan.chosen', rows: rows(visit), remedy}) as never;
		const environment = {...variables(), XDG_STATE_HOME: inside('state'), XDG_RUNTIME_DIR: inside('home')};
		const invocation = plainInvocation(path.join(login.folder, 'work'), environment, () => {});
		const {session, close} = await startIncident(invocation, {
			runbook: 'registry-damage',
			reference: parseReference(`${registry.host}/infra-ci:latest`),
			pace: 'auto',
			dryRun: false,
		});

		const incident = await respondWith(session, {
			plan: [
				settle,
				choose(({rows = []}) => rows.filter(({id}) => id !== row).map(({id}) => id), 'leave'),
				choose(() => [row], 'put-back'),
				settle,
			],
			apply: [approve, approve],
		}).finally(close);

		const items = incident.visits.flatMap(visit => visit.items ?? []);
		expect(items.map(({remedy, state}) => [remedy, state.kind === 'ended' && state.outcome])).toEqual([
			['move-aside', 'done'],
			['restart', 'done'],
			['rebuild-fallback', 'failed'],
			['put-back', 'done'],
		]);
		const after = await stat(data());
		expect([after.ino, after.size, after.mtimeMs, after.mode]).toEqual([before.ino, 0, before.mtimeMs, before.mode]);
	});

	const asides = () => readdir(inside('store/regmedic-aside')).catch(() => []);
});
