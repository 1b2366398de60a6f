import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import ssh2 from 'ssh2';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {overSsh, type TestWorld, testWorld} from '../drill.ts';

let opened: TestWorld;

beforeAll(async () => {
	opened = await testWorld({scenario: 'child-unlinked'});
});

afterAll(() => opened?.[Symbol.asyncDispose]());

test('the system’s ssh runs a command in the host’s home, with its programs first and nothing of regmedic’s environment', async () => {
	const {code, stdout} = await overSsh(opened.world, 'pwd; command -v docker; env; exit 7');

	expect(code).toBe(7);
	expect(stdout.split('\n').slice(0, 2)).toEqual([
		path.join(opened.folder, 'vm'),
		path.join(opened.folder, 'bin/docker'),
	]);
	expect(stdout).not.toContain('npm_');
});

test('standard input, output and error are kept apart, and none is lost', async () => {
	const input = 'x'.repeat(3_000_000);
	const {code, stdout, stderr} = await overSsh(opened.world, 'cat; head -c 2000000 /dev/zero >&2', input);

	expect([code, stdout.length, stderr.length]).toEqual([0, 3_000_000, 2_000_000]);
});

test('a script on standard input gets its arguments', async () => {
	const {stdout} = await overSsh(opened.world, 'exec sh -s -- "a b" c', 'printf "%s|%s" "$1" "$2"');

	expect(stdout).toBe('a b|c');
});

test('a terminal, files and forwarding are refused', async () => {
	const {ssh} = opened.world;
	const attempt = async (...args: string[]) => {
		const child = spawn('ssh', ['-F', ssh.configFile, ...args], {stdio: 'ignore'});
		const [code] = (await once(child, 'close')) as [number];
		return code;
	};

	expect(await attempt('-T', ssh.alias)).not.toBe(0);
	expect(await attempt('-s', ssh.alias, 'sftp')).not.toBe(0);
	expect(await attempt('-W', '127.0.0.1:1', ssh.alias)).not.toBe(0);
});

test('ssh2 logs in with the key of the drill and finds the host key in known_hosts', async () => {
	const {ssh} = opened.world;
	const known = await readFile(ssh.knownHostsFile, 'utf8');
	const client = new ssh2.Client();
	let seen = '';
	client.connect({
		host: ssh.host,
		port: ssh.port,
		username: ssh.user,
		privateKey: await readFile(ssh.privateKeyFile),
		hostVerifier: (key: Buffer) => {
			seen = key.toString('base64');
			return true;
		},
	});
	await once(client, 'ready');
	client.end();

	expect(known).toBe(`[127.0.0.1]:${ssh.port} ssh-ed25519 ${seen}\n`);
});

test('another key and another user are refused', async () => {
	const {ssh} = opened.world;
	const {private: stranger} = ssh2.utils.generateKeyPairSync('ed25519') as {private: string};
	const attempt = (username: string, privateKey: string | Buffer) =>
		new Promise(resolve => {
			const client = new ssh2.Client();
			client.on('error', error => resolve(error.message));
			client.on('ready', () => {
				client.end();
				resolve('ready');
			});
			client.connect({host: ssh.host, port: ssh.port, username, privateKey});
		});

	expect(await attempt(ssh.user, stranger)).toContain('authentication methods failed');
	expect(await attempt('root', await readFile(ssh.privateKeyFile))).toContain('authentication methods failed');
	expect(await attempt(ssh.user, await readFile(ssh.privateKeyFile))).toBe('ready');
});

test('what runs over a connection ends with it', async () => {
	const {ssh} = opened.world;
	const child = spawn('ssh', ['-F', ssh.configFile, ssh.alias, 'echo $$; exec sleep 300']);
	const [first] = (await once(child.stdout, 'data')) as [Buffer];
	const alive = () => readFile(`/proc/${Number(first.toString())}/cmdline`, 'utf8').catch(() => '');
	expect(await alive()).not.toBe('');

	child.kill('SIGKILL');

	await expect.poll(alive).toBe('');
});
