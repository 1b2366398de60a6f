import {chmod, chown, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {type ContainerEngine, startEngine} from '../support/engine.ts';
import {describeReal, locate, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

const nobody = 65_534;

/** Podman is real, and so is docker's command line, where it is installed: it talks to podman's service. */
const usesDocker = locate('docker') !== undefined;

describeReal(
	'a store in a volume of a container engine, for a login that is not root',
	['sshd', 'ssh', 'containers', 'buildah', 'busybox', 'sudo', 'unshare', 'setpriv'],
	() => {
		let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
		let login: Login;
		let sshd: RealSshd;
		let engine: ContainerEngine;
		let store: Store;
		let folder: string;
		const inside = (...parts: string[]) => path.join(temporary.folder, ...parts);

		beforeAll(async () => {
			temporary = await temporaryFolder();
			await chmod(temporary.folder, 0o755);
			engine = await startEngine(inside('engine'));
			await chmod(inside('engine'), 0o755);
			await engine.buildTools('localhost/acme/registry:2');
			folder = await engine.createVolume('acme_registry-data');
			store = openStore(folder);
			await store.push('app', 'latest', buildImage({seed: 'app'}));
			await engine.podman(
				...[
					'create',
					'--name',
					'registry',
					'--network',
					'none',
					'--env',
					'REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/srv/lost',
				],
				...['--volume', 'acme_registry-data:/srv/lost', 'localhost/acme/registry:2', 'sh'],
			);
			const {environment} = engine;
			await writeFile(
				inside('sudoers'),
				`Defaults env_reset, env_keep += "${Object.keys(environment).join(' ')}"\nnobody ALL=(root) NOPASSWD: /bin/sh\n`,
				{mode: 0o440},
			);
			await chown(inside('sudoers'), 0, 0);
			await mkdir(inside('home'));
			await chown(inside('home'), nobody, nobody);
			const exports = Object.entries({...environment, HOME: inside('home')}).map(
				([name, value]) => `export ${name}='${value}'`,
			);
			await writeFile(
				inside('as-nobody'),
				`#!/bin/sh
mount --bind ${inside('sudoers')} /etc/sudoers || exit 1
${exports.join('\n')}
exec ${locate('setpriv')} --reuid=${nobody} --regid=${nobody} --clear-groups /bin/sh -c "$SSH_ORIGINAL_COMMAND"
`,
				{mode: 0o755},
			);
			[login, sshd] = await Promise.all([
				openLogin(),
				startSshd({
					folder: temporary.folder,
					options: [`ForceCommand ${locate('unshare')} --mount ${inside('as-nobody')}`],
				}),
			]);
		});

		afterAll(async () => {
			await login?.[Symbol.asyncDispose]();
			await Promise.all([sshd?.stop(), engine?.stop()]);
			await temporary?.[Symbol.asyncDispose]();
		});

		const scan = (...args: string[]) =>
			login.run(['scan', '--ssh', sshd.alias, '--ssh-config', sshd.configFile, ...args]);
		const said = (text: string) => text.replaceAll(/\s+/g, ' ');

		it('is found by the name of the volume, and read by sudo', async () => {
			const {exitCode, stdout, stderr} = await scan('--volume', 'acme_registry-data', '--become', 'sudo');

			expect([exitCode, stderr], stdout).toEqual([0, '']);
			expect(stdout).toContain('No fault found.');
			expect(said(stdout)).toContain(folder);
		});

		it.skipIf(!usesDocker)(
			'without sudo docker tells the folder, and the message says whose it is and what helps',
			async () => {
				await chmod(engine.socket, 0o666);
				const {exitCode, stderr} = await scan('--volume', 'acme_registry-data');
				await chmod(engine.socket, 0o600);

				expect([exitCode, said(stderr)]).toEqual([
					5,
					expect.stringContaining('cannot be read: the user nobody may not enter'),
				]);
				expect(said(stderr)).toContain(
					'It is the volume acme_registry-data of docker, which belongs to root: add `become: sudo`',
				);
			},
		);

		it.skipIf(!usesDocker)('a login that may not use docker is told so', async () => {
			const {exitCode, stderr} = await scan('--volume', 'acme_registry-data');

			expect([exitCode, said(stderr)]).toEqual([5, expect.stringContaining('vm: this login may not use docker.')]);
			expect(said(stderr)).toContain('`sudo usermod -aG docker LOGIN`, which grants root');
		});

		it('a volume of another name is named beside those that there are', async () => {
			const {exitCode, stderr} = await scan('--volume', 'registry-data', '--become', 'sudo');

			expect([exitCode, said(stderr)]).toEqual([4, expect.stringContaining('There is no volume registry-data on vm')]);
			expect(said(stderr)).toContain('Volumes that are there: acme_registry-data.');
		});

		it('the folder of a container that is none of the host’s leads to the volume that holds it', async () => {
			const {exitCode, stderr} = await scan('--root', '/srv/lost', '--become', 'sudo');

			expect([exitCode, said(stderr)]).toEqual([
				4,
				expect.stringContaining("/srv/lost on vm is not a registry's storage"),
			]);
			expect(said(stderr)).toContain(
				`The container registry keeps /srv/lost in ${folder}: write \`volume: acme_registry-data\`.`,
			);
		});

		it('check reads it as it is configured', async () => {
			const storage = {ssh: sshd.alias, sshConfig: sshd.configFile, volume: 'acme_registry-data', become: 'sudo'};
			const config = (more: object) =>
				JSON.stringify({registries: {private: {url: 'http://127.0.0.1:9', storage: {...storage, ...more}}}});
			const line = async (more: object) => {
				await writeFile(path.join(login.folder, 'work/regmedic.yaml'), config(more));
				const {checks} = JSON.parse((await login.run(['check', '--json'])).stdout);
				return checks.find(({what}: {what: string}) => what === 'storage private');
			};

			expect(await line({})).toMatchObject({ok: true, say: expect.stringContaining('a scan can read all of it')});
			expect(await line({become: undefined, volume: undefined, root: folder})).toMatchObject({
				ok: false,
				say: expect.stringContaining('may not enter'),
				hint: expect.stringContaining('add `become: sudo`'),
			});
		});
	},
);
