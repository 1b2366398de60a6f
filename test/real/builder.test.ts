import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createBuilder} from '../../src/adapters/builder/builder.ts';
import {createOpenSshShell} from '../../src/adapters/ssh/openssh/openssh.ts';
import type {Builder, BuildOrder, BuildStatus} from '../../src/engine/ports/builder.ts';
import {localShell} from '../adapters/builder/fake-host.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry} from '../support/real.ts';
import {startSshd} from '../support/sshd.ts';

const run = promisify(execFile);
const {signal} = new AbortController();
const password = 'correct horse battery';

describeReal(
	'the fallback build with git, buildah and docker-registry',
	['git', 'buildah', 'skopeo', 'docker-registry', 'htpasswd', 'sshd'],
	() => {
		let folder: string;
		let registry: RealRegistry;
		let builder: Builder;
		let home: string;

		beforeAll(async () => {
			folder = await mkdtemp(path.join(tmpdir(), 'regmedic-build-'));
			home = path.join(folder, 'home');
			const repository = path.join(folder, 'infra');
			await mkdir(home);
			await mkdir(path.join(repository, 'ci'), {recursive: true});
			await writeFile(path.join(repository, 'ci/tool'), 'the toolchain\n');
			await writeFile(path.join(repository, 'ci/Dockerfile'), 'FROM scratch\nCOPY tool /tool\n');
			const git = (...args: string[]) =>
				run('git', ['-C', repository, '-c', 'user.name=octocat', '-c', 'user.email=octocat@git.example', ...args]);
			await git('init', '--quiet', '--initial-branch=master');
			await git('add', '.');
			await git('commit', '--quiet', '--message=Build the toolchain');

			const htpasswd = path.join(folder, 'htpasswd');
			const {stdout} = await run('htpasswd', ['-Bbn', 'octocat', password]);
			await writeFile(htpasswd, stdout);
			registry = await startDockerRegistry({root: path.join(folder, 'registry'), folder, htpasswd});
			const environment = {PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: folder};
			builder = createBuilder({shell: localShell('sh', environment)});
		});

		afterAll(async () => {
			await registry?.stop();
			await rm(folder, {recursive: true, force: true});
		});

		function order(fields: Partial<BuildOrder>): BuildOrder {
			return {
				requestId: 'real-1',
				git: path.join(folder, 'infra'),
				branch: 'master',
				context: 'ci',
				dockerfile: 'Dockerfile',
				images: [`${registry.host}/infra-ci:latest`, `${registry.host}/infra-ci:manual`],
				program: 'buildah',
				credentials: {username: 'octocat', password},
				plainHttp: true,
				environment: {STORAGE_DRIVER: 'vfs', BUILDAH_ISOLATION: 'chroot'},
				platforms: [],
				args: {},
				secrets: {},
				bases: [],
				...fields,
			};
		}

		async function ended(requestId: string): Promise<BuildStatus> {
			for (;;) {
				const status = await builder.status(requestId, {signal});
				if (status.state !== 'running') {
					return status;
				}

				await pause(50);
			}
		}

		test('an image is built and pushed under every tag, and can be pulled', async () => {
			expect(await builder.start(order({}), {signal})).toEqual({state: 'started', program: 'buildah'});
			const status = await ended('real-1');
			const {text} = await builder.log('real-1', 0, {signal});

			expect(status, text).toEqual({state: 'pushed', digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/)});
			expect(text).not.toContain(password);
			for (const tag of ['latest', 'manual']) {
				const target = path.join(folder, tag);
				await run('skopeo', [
					'copy',
					'--src-tls-verify=false',
					`--src-creds=octocat:${password}`,
					`docker://${registry.host}/infra-ci:${tag}`,
					`dir:${target}`,
				]);
				expect(JSON.parse(await readFile(path.join(target, 'manifest.json'), 'utf8'))).toHaveProperty('layers');
			}

			const {digest} = status as {digest: string};
			const {stdout} = await run('skopeo', [
				'inspect',
				'--tls-verify=false',
				`--creds=octocat:${password}`,
				'--format={{.Digest}}',
				`docker://${registry.host}/infra-ci:latest`,
			]);
			expect(stdout.trim()).toBe(digest);
			const left = await run('sh', [
				'-c',
				'find "$1" -name "*auth*" -o -name config.json',
				'sh',
				path.join(home, '.cache/regmedic'),
			]);
			expect(left.stdout).toBe('');
		});

		test('a base image in the same registry is pulled over plain HTTP with the same login', async () => {
			const repository = path.join(folder, 'infra');
			await writeFile(path.join(repository, 'ci/Based'), `FROM ${registry.host}/infra-ci:latest\nCOPY tool /again\n`);
			await run('git', ['-C', repository, 'add', '.']);
			await run('git', [
				'-C',
				repository,
				'-c',
				'user.name=octocat',
				'-c',
				'user.email=octocat@git.example',
				'commit',
				'--quiet',
				'-m',
				'Base',
			]);

			await builder.start(
				order({requestId: 'real-2', dockerfile: 'Based', images: [`${registry.host}/based:latest`]}),
				{signal},
			);
			const status = await ended('real-2');

			expect(status, (await builder.log('real-2', 0, {signal})).text).toMatchObject({state: 'pushed'});
		});

		test('a wrong password fails at the login, a branch that is not there at the clone', async () => {
			await builder.start(order({requestId: 'real-3', credentials: {username: 'octocat', password: 'wrong'}}), {
				signal,
			});
			const refused = await ended('real-3');
			await builder.start(order({requestId: 'real-4', branch: 'gone'}), {signal});
			const gone = await ended('real-4');

			expect(refused).toMatchObject({
				state: 'failed',
				stage: 'login',
				detail: expect.stringMatching(/unauthorized|invalid/),
			});
			expect(gone).toMatchObject({state: 'failed', stage: 'clone', detail: expect.stringContaining('gone')});
		});

		test('a build over SSH goes on when the connection is cut, and its end is seen from the next one', async () => {
			const bin = path.join(folder, 'bin');
			const gate = path.join(folder, 'gate');
			await mkdir(bin);
			await run('mkfifo', [gate]);
			await writeFile(
				path.join(bin, 'git'),
				`#!/bin/sh\ncase "$*" in *clone*) cat '${gate}' ;; esac\nexec ${locate('git')} "$@"\n`,
				{mode: 0o755},
			);
			const sshd = await startSshd({folder, options: [`SetEnv HOME=${home} PATH=${bin}:${process.env.PATH}`]});
			const shell = createOpenSshShell({
				processes,
				destination: sshd.alias,
				configFile: sshd.configFile,
				controlFolder: path.join(folder, 'c'),
				environment: process.env,
				nonce: createNonces(),
			});
			builder = createBuilder({shell});

			try {
				expect(await builder.start(order({requestId: 'real-5'}), {signal})).toMatchObject({state: 'started'});
				expect(await builder.status('real-5', {signal})).toEqual({state: 'running', stage: 'clone'});
				sshd.cut();
				await writeFile(gate, '');

				expect(await ended('real-5')).toMatchObject({state: 'pushed'});
			} finally {
				await shell.close();
				await sshd.stop();
			}
		});
	},
);
