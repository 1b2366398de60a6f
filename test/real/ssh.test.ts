import {spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {createServer, type Socket} from 'node:net';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createOpenSshShell} from '../../src/adapters/ssh/openssh/openssh.ts';
import {resolveSshTarget} from '../../src/adapters/ssh/ssh2/ssh-target.ts';
import {createSsh2Shell} from '../../src/adapters/ssh/ssh2/ssh2.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import type {Shell, ShellRequest} from '../../src/engine/ports/shell.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {describeReal, freePort, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

const signal = AbortSignal.timeout(120_000);
const nonce = createNonces();
const read = (script: string, more: Partial<ShellRequest> = {}): ShellRequest => ({
	kind: 'read',
	script,
	timeoutMs: 10_000,
	...more,
});

describeReal('both SSH transports against a real sshd', ['sshd', 'ssh', 'ssh-keygen'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let sshd: RealSshd;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		sshd = await startSshd({folder: temporary.folder, options: ['MaxSessions 2']});
	});

	afterAll(async () => {
		await sshd.stop();
		await temporary[Symbol.asyncDispose]();
	});

	const transports: Record<string, (configFile: string) => Shell> = {
		openssh: configFile =>
			createOpenSshShell({
				processes,
				destination: 'vm',
				configFile,
				controlFolder: path.join(temporary.folder, 'c'),
				environment: process.env,
				nonce,
			}),
		ssh2: configFile =>
			createSsh2Shell({
				target: () =>
					resolveSshTarget({
						destination: 'vm',
						configFile,
						home: temporary.folder,
						user: 'nobody',
						environment: process.env,
					}),
				place: 'vm',
				nonce,
			}),
	};

	/** The same ssh_config with other lines before it. */
	async function configWith(title: string, ...lines: string[]): Promise<string> {
		const file = path.join(temporary.folder, title);
		await writeFile(
			file,
			`Host vm\n${lines.map(line => `\t${line}\n`).join('')}${await readFile(sshd.configFile, 'utf8')}`,
		);
		return file;
	}

	async function knownHosts(title: string, text: string): Promise<string> {
		const file = path.join(temporary.folder, `${title}-hosts`);
		await writeFile(file, text);
		return configWith(title, `UserKnownHostsFile ${file}`);
	}

	describe.each(Object.entries(transports))('%s', (name, open) => {
		it('brings back exit code, output and errors, also for exit 255 and a script that reads no input', async () => {
			const shell = open(sshd.configFile);

			const plain = await shell.run(read('cat; echo "$#$1" >&2; exit 3', {args: ['a-b'], input: 'in\0put'}), {signal});
			const odd = await shell.run(read('exit 255', {input: 'x'.repeat(3_000_000)}), {signal});
			await shell.close();

			expect(plain.exitCode).toBe(3);
			expect(Buffer.from(plain.stdout).toString()).toBe('in\0put');
			expect(plain.stderr).toBe('1a-b\n');
			expect(odd.exitCode).toBe(255);
		});

		it('tells the host by the fingerprint of its key, before and after a command', async () => {
			const {stdout} = spawnSync('ssh-keygen', ['-lf', sshd.hostKeyFile], {encoding: 'utf8'});
			const [, fingerprint] = stdout.split(' ');
			const shell = open(sshd.configFile);

			const before = await shell.hostKey!({signal});
			await shell.run(read('true'), {signal});
			const after = await shell.hostKey!({signal});
			await shell.close();

			expect(fingerprint).toMatch(/^SHA256:/);
			expect([before, after]).toEqual([fingerprint, fingerprint]);
		});

		it('is not stopped by ten megabytes on stderr', async () => {
			const shell = open(sshd.configFile);

			const result = await shell.run(read('head -c 10000000 /dev/zero | tr "\\000" e >&2; echo done'), {signal});
			await shell.close();

			expect(Buffer.from(result.stdout).toString()).toBe('done\n');
			expect(result.stderr).toHaveLength(64 * 1024);
		});

		it('runs six commands at once on a server that allows two sessions', async () => {
			const shell = open(sshd.configFile);

			const results = await Promise.all(
				[1, 2, 3, 4, 5, 6].map(n => shell.run(read('echo $1', {args: [`${n}`]}), {signal})),
			);
			await shell.close();

			expect(results.map(({stdout}) => Buffer.from(stdout).toString().trim())).toEqual(['1', '2', '3', '4', '5', '6']);
		});

		it('calls a cut connection lost for a read and of unknown effect for a write', async () => {
			const shell = open(sshd.configFile);
			const cut = (kind: 'read' | 'write') =>
				shell.run({...read('echo up; sleep 20'), kind, onOutput: () => sshd.cut()}, {signal});

			await expect(cut('read')).rejects.toMatchObject({code: 'ssh.lost', exit: 'unreachable', transient: true});
			await expect(cut('write')).rejects.toMatchObject({code: 'effect.unknown', exit: 'indeterminate'});
			await shell.close();
		});

		it('holds the lock of a store exactly as long as its connection lives', async () => {
			const root = path.join(temporary.folder, `locked-${name}`);
			await mkdir(path.join(root, 'docker/registry/v2/blobs'), {recursive: true});
			const holder = createStorage({shell: open(sshd.configFile), root});
			const other = createStorage({shell: createLocalShell({processes, nonce}), root});

			const lock = await holder.lock('ann', {signal});
			await expect(other.lock('bob', {signal})).rejects.toMatchObject({code: 'storage.locked'});
			sshd.cut();
			await once(lock.lost!, 'abort');

			await vi.waitFor(async () => (await other.lock('bob', {signal})).release(), {timeout: 5000});
			await holder.close();
		});

		it('stops at the deadline and at once when aborted', async () => {
			const shell = open(sshd.configFile);
			const controller = new AbortController();
			const aborted = shell.run(
				read('echo up; exec sleep 5', {onOutput: () => controller.abort(new Error('enough'))}),
				{
					signal: controller.signal,
				},
			);

			await expect(aborted).rejects.toThrow('enough');
			await expect(shell.run(read('sleep 2', {timeoutMs: 700}), {signal})).rejects.toMatchObject({code: 'ssh.timeout'});
			await shell.close();
		});

		it('refuses an unknown, a changed and a revoked host key, and says how to look at it', async () => {
			const key = (await readFile(sshd.knownHostsFile, 'utf8')).trim();
			spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(temporary.folder, `other-${name}`)]);
			const other = await readFile(path.join(temporary.folder, `other-${name}.pub`), 'utf8');
			const host = key.split(' ')[0];
			const files = {
				unknown: await knownHosts(`unknown-${name}`, ''),
				changed: await knownHosts(`changed-${name}`, `${host} ${other}`),
				revoked: await knownHosts(`revoked-${name}`, `${key}\n@revoked ${key}\n`),
			};

			for (const [trouble, file] of Object.entries(files)) {
				const shell = open(file);
				const error = await shell.run({...read('true'), kind: 'write'}, {signal}).catch(reason => reason);
				await shell.close();
				expect(error, trouble).toMatchObject({code: `ssh.host-key-${trouble}`, exit: 'refused'});
				expect(error.hint).toMatch(
					trouble === 'revoked'
						? /Do not connect/
						: new RegExp(`ssh-keyscan -p ${sshd.port} ${sshd.host} \\| ssh-keygen -lf -`),
				);
			}
		});

		it('refuses an unknown key also where ssh_config trusts whatever answers on this machine', async () => {
			const file = await knownHosts(`trusting-${name}`, '');
			const trusting = 'StrictHostKeyChecking no\nNoHostAuthenticationForLocalhost yes\nVerifyHostKeyDNS yes\n';
			await writeFile(file, `${trusting}${await readFile(file, 'utf8')}`);
			const shell = open(file);

			await expect(shell.run(read('true'), {signal})).rejects.toMatchObject({code: 'ssh.host-key-unknown'});
			await shell.close();
		});

		it('refuses a known key that stands in the list RevokedHostKeys names, and every key while that cannot be read', async () => {
			const list = path.join(temporary.folder, `list-${name}`);
			await writeFile(list, `# lost in April\n${await readFile(sshd.hostKeyFile, 'utf8')}`);
			const listed = open(await configWith(`listed-${name}`, `RevokedHostKeys ${list}`));
			const unread = open(await configWith(`unread-${name}`, `RevokedHostKeys ${list}.away`));

			await expect(listed.run(read('true'), {signal})).rejects.toMatchObject({
				code: 'ssh.host-key-revoked',
				exit: 'refused',
				hint: expect.not.stringContaining('ssh-keyscan'),
			});
			await expect(unread.run(read('true'), {signal})).rejects.toMatchObject({code: 'ssh.config'});
			await Promise.all([listed.close(), unread.close()]);
		});

		it('closes at once while a host accepts the connection and says nothing', async () => {
			const mute = createServer().listen(0, '127.0.0.1');
			await once(mute, 'listening');
			const shell = open(await configWith(`mute-${name}`, `Port ${(mute.address() as {port: number}).port}`));
			const controller = new AbortController();
			const run = shell.run(read('true'), {signal: controller.signal});
			run.catch(() => {});
			const [socket] = (await once(mute, 'connection')) as [Socket];
			const start = performance.now();
			controller.abort(new Error('enough'));

			await expect(run).rejects.toThrow('enough');
			await shell.close();
			expect(performance.now() - start).toBeLessThan(4000);
			socket.destroy();
			mute.close();
		});

		it('says who refuses and who cannot be reached', async () => {
			const stranger = path.join(temporary.folder, `other-${name}`);
			const configs = {
				'ssh.unauthorized': await configWith(`auth-${name}`, `IdentityFile ${stranger}`),
				'ssh.unreachable': await configWith(`away-${name}`, `Port ${await freePort()}`),
			};
			const text = await readFile(configs['ssh.unauthorized'], 'utf8');
			await writeFile(configs['ssh.unauthorized'], text.replace(/IdentityFile .*login_key/, ''));

			for (const [code, file] of Object.entries(configs)) {
				const shell = open(file);
				await expect(shell.run({...read('true'), kind: 'write'}, {signal})).rejects.toMatchObject({code});
				await shell.close();
			}
		});
	});

	it('names a missing ssh program', async () => {
		const shell = createOpenSshShell({
			processes,
			destination: 'vm',
			environment: process.env,
			nonce,
			program: 'no-such-ssh',
		});

		await expect(shell.run(read('true'), {signal})).rejects.toMatchObject({
			code: 'ssh.no-client',
			exit: 'configuration',
		});
	});
});
