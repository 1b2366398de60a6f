import {chmod, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createContainerShell} from '../../src/adapters/storage/container/container-shell.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {type ContainerEngine, startEngine} from '../support/engine.ts';
import {createNonces} from '../support/nonces.ts';
import {hashOfFile} from '../support/plan-file.ts';
import {processes} from '../support/processes.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

const nobody = '65534';

/** Each starts the program several times: plenty, also on a busy machine. */
vi.setConfig({testTimeout: 300_000, hookTimeout: 120_000});
/** Longer than all tests. */
const signal = AbortSignal.timeout(1_500_000);

/** docker's command line is the real one, where it is installed; the daemon is podman's service. podman is real. */
const engines = locate('docker') === undefined ? (['podman'] as const) : (['docker', 'podman'] as const);

describeReal(
	'a store that only root may read, by containers',
	['sshd', 'ssh', 'docker-registry', 'containers', 'buildah', 'busybox', 'setpriv', 'flock'],
	() => {
		let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
		let login: Login;
		let sshd: RealSshd;
		let engine: ContainerEngine;
		let registry: RealRegistry;
		let store: Store;
		let folder: string;
		const inside = (...parts: string[]) => path.join(temporary.folder, ...parts);
		const said = (text: string) => text.replaceAll(/\s+/g, ' ');

		beforeAll(async () => {
			temporary = await temporaryFolder();
			await chmod(temporary.folder, 0o755);
			engine = await startEngine(inside('engine'));
			await chmod(inside('engine'), 0o755);
			await engine.buildTools('localhost/acme/registry:2');
			folder = await engine.createVolume('registry-data');
			store = openStore(folder);
			await store.push('app', 'latest', buildImage({seed: 'app'}));
			const exports = Object.entries({...engine.environment, HOME: inside()}).map(
				([name, value]) => `export ${name}='${value}'`,
			);
			// The group docker: whoever may write to the socket.
			await chmod(engine.socket, 0o666);
			await writeFile(
				inside('as-nobody'),
				`#!/bin/sh\n${exports.join('\n')}\nexec ${locate('setpriv')} --reuid=${nobody} --regid=${nobody} --clear-groups /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n`,
				{mode: 0o755},
			);
			[login, sshd, registry] = await Promise.all([
				openLogin(),
				startSshd({folder: temporary.folder, options: [`ForceCommand ${inside('as-nobody')}`]}),
				startDockerRegistry({root: store.root, folder: temporary.folder}),
			]);
		});

		afterAll(async () => {
			await login?.[Symbol.asyncDispose]();
			await Promise.all([sshd?.stop(), registry?.stop()]);
			await engine?.stop();
			await temporary?.[Symbol.asyncDispose]();
		});

		const containers = async () => (await engine.podman('ps', '-aq')).split('\n').filter(Boolean);

		describe.skipIf(engines.length === 1)('of docker, for a login in its group and without sudo', () => {
			const scan = (...args: string[]) =>
				login.run(['scan', '--ssh', sshd.alias, '--ssh-config', sshd.configFile, ...args]);

			it.each(['openssh', 'ssh2'])('is scanned, hashes included, and no container is left (%s)', async transport => {
				const {exitCode, stdout, stderr} = await scan(
					'--volume',
					'registry-data',
					'--become',
					'container',
					'--hash',
					'--transport',
					transport,
				);

				expect([exitCode, stderr], stdout).toEqual([0, '']);
				expect(stdout).toContain('No fault found.');
				expect(await containers()).toEqual([]);
			});

			it('by its folder it is not read here: Podman’s service would make a folder that does not exist', async () => {
				const absent = await scan('--root', inside('absent'), '--become', 'container');

				expect([absent.exitCode, said(absent.stderr)]).toEqual([
					5,
					expect.stringContaining('docker is the service of Podman here'),
				]);
				await expect(stat(inside('absent'))).rejects.toMatchObject({code: 'ENOENT'});
			});

			it('from plan to verified: the relink is done, and the lock and the mark are those of the store', async () => {
				const image = buildImage({seed: 'linked'});
				await store.push('app', 'linked', image);
				await rm(path.dirname(store.revisionLink('app', image.manifests[0]!.digest)), {recursive: true});
				const storage = {ssh: sshd.alias, sshConfig: sshd.configFile, volume: 'registry-data', become: 'container'};
				await writeFile(
					path.join(login.folder, 'work/regmedic.yaml'),
					JSON.stringify({registries: {private: {url: `http://${registry.host}`, storage}}}),
				);
				const file = path.join(login.folder, 'work/plan.json');

				const planned = await login.run(['respond', '--registry', 'private', '--plan', file]);
				const approval = await hashOfFile(file);
				const applied = await login.run(['respond', '--apply', file, '--approve', approval]);

				expect([planned.exitCode, planned.stderr], planned.stdout).toEqual([3, '']);
				const {items, identity, id} = JSON.parse(await readFile(file, 'utf8'));
				expect(items).toEqual([expect.objectContaining({remedy: 'relink'})]);
				const {dev, ino} = await stat(folder);
				expect(identity).toMatchObject({root: folder, device: `${dev}:${ino}`});
				expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0);
				expect(await readdir(path.join(folder, 'regmedic-applied'))).toEqual([id]);
				expect(await containers()).toEqual([]);
			});

			it('regmedic is killed in the middle of a hash: its containers are removed', async () => {
				const image = buildImage({seed: 'large'});
				await store.push('large', 'latest', image);
				const {digest} = image.manifests[0]!;
				// A slice of it is read each second.
				await writeFile(store.blobFile(digest), Buffer.alloc(60 * 1024 * 1024));
				const args = [
					'scan',
					'--ssh',
					sshd.alias,
					'--ssh-config',
					sshd.configFile,
					'--volume',
					'registry-data',
					'--become',
					'container',
				];
				const running = login.start([...args, '--hash', '--rate', '1']);
				// The last of its commands, which takes a minute.
				await expect
					.poll(async () => (await engine.podman('top', '--latest', 'args').catch(() => '')).includes('sleep 1'), {
						timeout: 60_000,
					})
					.toBe(true);
				running.process.kill('SIGKILL');
				await running.ended;

				await expect.poll(containers, {timeout: 30_000}).toEqual([]);
				await rm(path.dirname(store.blobFile(digest)), {recursive: true});
			});

			it('check says which image is used and why', async () => {
				const {checks} = JSON.parse((await login.run(['check', '--json'])).stdout);

				expect(checks).toContainEqual(
					expect.objectContaining({
						what: 'storage private',
						ok: true,
						say: expect.stringContaining(
							'read in containers of localhost/acme/registry:2 by docker (it is on that host)',
						),
					}),
				);
			});
		});

		it('podman reads it by the folder as well, and makes none', async () => {
			const open = (root: string) => {
				const environment = {PATH: process.env.PATH, HOME: inside(), ...engine.environment};
				const host = createLocalShell({processes, nonce: createNonces(), environment});
				const shell = createContainerShell({host, session: createNonces()(), root, engine: 'podman'});
				return createStorage({shell, host, root: shell.root});
			};
			const [there, absent] = [open(`${folder}/docker/registry/v2/`), open(inside('absent'))];

			expect((await there.list({signal})).complete).toBe(true);
			await expect(absent.list({signal})).rejects.toMatchObject({
				code: 'storage.container',
				message: expect.stringContaining('the folder of the store does not exist'),
			});
			await expect(stat(inside('absent'))).rejects.toMatchObject({code: 'ENOENT'});
			await Promise.all([there.close(), absent.close()]);
		});

		describe.each(engines)('%s', name => {
			function open(more: {image?: string} = {}) {
				const nonces = createNonces();
				const environment = {PATH: process.env.PATH, HOME: inside(), ...engine.environment};
				const host = createLocalShell({processes, nonce: nonces, environment});
				const shell = createContainerShell({
					host,
					session: `t${nonces()}`.slice(0, 20),
					volume: 'registry-data',
					engine: name,
					...more,
				});
				return {host, shell, storage: createStorage({shell, host, root: shell.root})};
			}

			it('a read cannot write to the store, and nothing but the store is there', async () => {
				const {shell, storage} = open();
				const root = await shell.root({signal});
				const script = `cd ${root}; touch x 2>/dev/null; echo "wrote $?"; touch /x 2>/dev/null; echo "root $?"; ls /proc/1/root >/dev/null; ls /sys/class/net; id -u`;
				const {stdout} = await shell.run({kind: 'read', script, timeoutMs: 60_000}, {signal});
				await storage.close();

				expect(Buffer.from(stdout).toString().split('\n')).toEqual(['wrote 1', 'root 1', 'lo', '0', '']);
			});

			it('its identity and its lock are those that a responder with root’s rights sees', async () => {
				const {storage, host} = open();
				const direct = createStorage({shell: host, root: folder});

				expect(await storage.identity({signal})).toEqual(await direct.identity({signal}));
				const lock = await storage.lock('nora in a container', {signal});
				await expect(direct.lock('otto by sudo', {signal})).rejects.toMatchObject({
					code: 'storage.locked',
					message: expect.stringContaining('nora in a container'),
				});
				await lock.release();
				const other = await direct.lock('otto by sudo', {signal});
				await expect(storage.lock('nora in a container', {signal})).rejects.toMatchObject({
					message: expect.stringContaining('otto by sudo'),
				});
				await other.release();
				await storage.close();
			});

			it('bad data moves aside and back, under that lock', async () => {
				const image = buildImage({seed: `bad ${name}`});
				await store.push('bad', 'latest', image);
				const {digest} = image.manifests[0]!;
				const file = store.blobFile(digest);
				await writeFile(file, 'not what it was');
				const {storage} = open();

				const lock = await storage.lock('nora', {signal});
				const moved = await storage.moveAside({digest, incident: '2026-11-29-a'}, lock, {signal});
				expect(moved).toMatchObject({state: 'moved', to: expect.stringContaining(`${folder}/regmedic-aside/`)});
				expect(await storage.putBack({digest, incident: '2026-11-29-a'}, lock, {signal})).toBe('back');
				expect(await readFile(file, 'utf8')).toBe('not what it was');
				await lock.release();
				expect(await storage.moveAside({digest, incident: '2026-11-29-a'}, lock, {signal})).toEqual({
					state: 'unlocked',
				});
				await storage.close();
				await rm(path.dirname(file), {recursive: true});
			});

			it('a command that is left, and a session that is closed, leave no container', async () => {
				const {shell, storage} = open();
				const leaving = new AbortController();
				const begun = Promise.withResolvers<void>();
				const request = {
					kind: 'read',
					script: 'echo begun; sleep 600',
					timeoutMs: 600_000,
					onOutput: () => begun.resolve(),
				} as const;
				const running = shell.run(request, {signal: leaving.signal});
				running.catch(() => {});
				await begun.promise;
				leaving.abort(new Error('left'));
				await expect(running).rejects.toThrow('left');
				await storage.close();

				expect(await containers()).toEqual([]);
			});

			it('an image that is named is used, one that has no shell is said, and none is pulled', async () => {
				const bare = await engine.buildTools('localhost/acme/bare:1', {without: ['sh', 'flock']});
				const lacking = await engine.buildTools('localhost/acme/lacking:1', {without: ['flock']});

				await expect(open({image: bare}).shell.root({signal})).rejects.toMatchObject({
					code: 'storage.container',
					hint: expect.stringContaining('None is pulled'),
				});
				await expect(open({image: lacking}).shell.root({signal})).rejects.toMatchObject({
					message: expect.stringContaining('it lacks flock'),
				});
				await expect(open({image: 'localhost/acme/absent:1'}).shell.root({signal})).rejects.toMatchObject({
					message: expect.stringContaining('has no image localhost/acme/absent:1, and none is pulled'),
				});
			});
		});
	},
);
