import {chmod, mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type NobodyLogin, nobodyLogin} from '../support/as-nobody.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {hashOfFile} from '../support/plan-file.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

describeReal(
	'a storage that belongs to root, for a login that is not root',
	['sshd', 'ssh', 'docker-registry', 'sudo', 'unshare', 'setpriv'],
	() => {
		let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
		let login: Login;
		let sshd: RealSshd;
		let registry: RealRegistry;
		let store: Store;
		let user: NobodyLogin;
		const inside = (...parts: string[]) => path.join(temporary.folder, ...parts);

		beforeAll(async () => {
			temporary = await temporaryFolder();
			await chmod(temporary.folder, 0o755);
			await mkdir(inside('closed'), {mode: 0o700});
			store = openStore(inside('closed/store'));
			user = await nobodyLogin(temporary.folder);
			await user.allow('nobody ALL=(root) NOPASSWD: /bin/sh');
			[login, sshd, registry] = await Promise.all([
				openLogin(),
				startSshd({folder: temporary.folder, options: user.options}),
				startDockerRegistry({root: store.root, folder: temporary.folder}),
			]);
		});

		afterAll(async () => {
			await login?.[Symbol.asyncDispose]();
			await Promise.all([sshd?.stop(), registry?.stop()]);
			await temporary?.[Symbol.asyncDispose]();
		});

		const scan = (...args: string[]) =>
			login.run([...['scan', '--ssh', sshd.alias, '--ssh-config', sshd.configFile, '--root', store.root], ...args]);

		it.each(['openssh', 'ssh2'])('is scanned by sudo, and not without it (%s)', async transport => {
			await store.push('app', 'latest', buildImage({seed: 'app'}));
			await user.allow('nobody ALL=(root) NOPASSWD: /bin/sh');

			const own = await scan('--transport', transport);
			const sudo = await scan('--transport', transport, '--become', 'sudo');

			expect([own.exitCode, own.stderr]).toEqual([5, expect.stringContaining('cannot be read: the user')]);
			expect([sudo.exitCode, sudo.stderr], sudo.stdout).toEqual([0, '']);
			expect(sudo.stdout).toContain('No fault found.');
		});

		it.each([
			['nobody ALL=(root) /bin/sh', 'sudo wants a password', 'ALL=(root) NOPASSWD: /bin/sh'],
			['nobody ALL=(root) NOPASSWD: /bin/ls', 'sudo', 'ALL=(root) NOPASSWD: /bin/sh'],
			['root ALL=(root) ALL', 'sudo wants a password', 'ALL=(root) NOPASSWD: /bin/sh'],
		])('a sudo that refuses (%s) is said with the line that helps', async (line, message, hint) => {
			await user.allow(line);
			for (const transport of ['openssh', 'ssh2']) {
				const {exitCode, stderr} = await scan('--transport', transport, '--become', 'sudo');

				expect([exitCode, stderr]).toEqual([5, expect.stringContaining(message)]);
				expect(stderr.replaceAll(/\s+/g, ' ')).toContain(hint);
			}
		});

		it('a relink through sudo: from scan to verified, by one allowed command', async () => {
			await user.allow('nobody ALL=(root) NOPASSWD: /bin/sh');
			const image = buildImage({seed: 'linked'});
			await store.push('app', 'linked', image);
			await rm(path.dirname(store.revisionLink('app', image.manifests[0]!.digest)), {recursive: true});
			const storage = {ssh: sshd.alias, sshConfig: sshd.configFile, root: store.root, become: 'sudo'};
			await writeFile(
				path.join(login.folder, 'work/regmedic.yaml'),
				JSON.stringify({registries: {private: {url: `http://${registry.host}`, storage}}}),
			);
			const file = path.join(login.folder, 'work/plan.json');

			const planned = await login.run(['respond', '--registry', 'private', '--plan', file]);
			const approval = await hashOfFile(file);
			const applied = await login.run(['respond', '--apply', file, '--approve', approval]);

			expect([planned.exitCode, planned.stderr], planned.stdout).toEqual([3, '']);
			expect(JSON.parse(await readFile(file, 'utf8')).items).toEqual([expect.objectContaining({remedy: 'relink'})]);
			expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0);
		});
	},
);
