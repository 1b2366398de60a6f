import {createHash} from 'node:crypto';
import {chmod, chown, mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

const nobody = 65_534;

// The sudoers of the test lie over the machine's in a mount namespace of each login: the machine keeps its own.
describeReal(
	'a storage that belongs to root, for a login that is not root',
	['sshd', 'ssh', 'docker-registry', 'sudo', 'unshare', 'setpriv'],
	() => {
		let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
		let login: Login;
		let sshd: RealSshd;
		let registry: RealRegistry;
		let store: Store;
		const inside = (...parts: string[]) => path.join(temporary.folder, ...parts);

		beforeAll(async () => {
			temporary = await temporaryFolder();
			await chmod(temporary.folder, 0o755);
			await mkdir(inside('closed'), {mode: 0o700});
			store = openStore(inside('closed/store'));
			await allow('nobody ALL=(root) NOPASSWD: /bin/sh');
			await writeFile(
				inside('as-nobody'),
				`#!/bin/sh
mount --bind ${inside('sudoers')} /etc/sudoers || exit 1
exec ${locate('setpriv')} --reuid=${nobody} --regid=${nobody} --clear-groups /bin/sh -c "$SSH_ORIGINAL_COMMAND"
`,
				{mode: 0o755},
			);
			[login, sshd, registry] = await Promise.all([
				openLogin(),
				startSshd({
					folder: temporary.folder,
					options: [`ForceCommand ${locate('unshare')} --mount ${inside('as-nobody')}`],
				}),
				startDockerRegistry({root: store.root, folder: temporary.folder}),
			]);
		});

		afterAll(async () => {
			await login?.[Symbol.asyncDispose]();
			await Promise.all([sshd?.stop(), registry?.stop()]);
			await temporary?.[Symbol.asyncDispose]();
		});

		/** The bound file keeps its inode, so it is written over in place. */
		async function allow(line: string): Promise<void> {
			await writeFile(inside('sudoers'), `Defaults env_reset\n${line}\n`, {mode: 0o440});
			await chown(inside('sudoers'), 0, 0);
		}

		const scan = (...args: string[]) =>
			login.run([...['scan', '--ssh', sshd.alias, '--ssh-config', sshd.configFile, '--root', store.root], ...args]);

		it.each(['openssh', 'ssh2'])('is scanned by sudo, and not without it (%s)', async transport => {
			await store.push('app', 'latest', buildImage({seed: 'app'}));
			await allow('nobody ALL=(root) NOPASSWD: /bin/sh');

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
			await allow(line);
			for (const transport of ['openssh', 'ssh2']) {
				const {exitCode, stderr} = await scan('--transport', transport, '--become', 'sudo');

				expect([exitCode, stderr]).toEqual([5, expect.stringContaining(message)]);
				expect(stderr.replaceAll(/\s+/g, ' ')).toContain(hint);
			}
		});

		it('a relink through sudo: from scan to verified, by one allowed command', async () => {
			await allow('nobody ALL=(root) NOPASSWD: /bin/sh');
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
			const approval = createHash('sha256')
				.update(await readFile(file))
				.digest('hex');
			const applied = await login.run(['respond', '--apply', file, '--approve', approval]);

			expect([planned.exitCode, planned.stderr], planned.stdout).toEqual([3, '']);
			expect(JSON.parse(await readFile(file, 'utf8')).items).toEqual([expect.objectContaining({remedy: 'relink'})]);
			expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0);
		});
	},
);
