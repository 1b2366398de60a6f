import {execFile, spawnSync} from 'node:child_process';
import {createHmac, generateKeyPairSync} from 'node:crypto';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import fc from 'fast-check';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {causeOf} from '../../src/adapters/ssh/openssh/ssh-stderr.ts';
import {createHostVerifier} from '../../src/adapters/ssh/ssh2/connection.ts';
import {judgeHostKey, knownHostsName, linesFor, parseKnownHosts} from '../../src/adapters/ssh/ssh2/known-hosts.ts';
import {describeReal, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';
import {tries} from '../support/sweep.ts';

const run = promisify(execFile);
const atOnce = 4;

/** An RSA key as ssh writes it: only the name of its type matters for who is told what. */
function rsaKey(): string {
	const {n = '', e = ''} = generateKeyPairSync('rsa', {modulusLength: 2048}).publicKey.export({format: 'jwk'});
	const part = (bytes: Buffer) => {
		const size = Buffer.alloc(4);
		size.writeUInt32BE(bytes.length);
		return Buffer.concat([size, bytes]);
	};
	const number = (text: string) => part(Buffer.concat([Buffer.from([0]), Buffer.from(text, 'base64url')]));
	return `ssh-rsa ${Buffer.concat([part(Buffer.from('ssh-rsa')), part(Buffer.from(e, 'base64url')), number(n)]).toString('base64')}`;
}

function hashed(name: string): string {
	const salt = Buffer.from('twenty bytes of salt');
	return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

describeReal('what stands in known_hosts', ['ssh', 'sshd', 'ssh-keygen'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let sshd: RealSshd;
	let keys: {own: string; other: string; rsa: string};

	beforeAll(async () => {
		temporary = await temporaryFolder();
		sshd = await startSshd({folder: temporary.folder});
		const other = path.join(temporary.folder, 'other_key');
		spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
		const bare = async (file: string) => (await readFile(file, 'utf8')).split(' ').slice(0, 2).join(' ');
		keys = {own: await bare(sshd.hostKeyFile), other: await bare(`${other}.pub`), rsa: rsaKey()};
	});

	afterAll(async () => {
		await sshd.stop();
		await temporary[Symbol.asyncDispose]();
	});

	/** Files with hashes, patterns, negations, ports, markers, damaged lines, and the name that is looked up in them. */
	function files() {
		const names = ['vm', 'vm.acme', 'Registry.acme', '10.0.0.7', 'fe80::1'].map(name => name.toLowerCase());
		const patterns = ['*', 'v?', 'v*', '*.acme', '!vm', '!*.acme', '10.0.0.*', '[vm]:2222', '[*]:2222', 'vm.'];
		const name = fc.constantFrom(...names, '[vm]:2222');
		const hosts = fc.oneof(
			fc
				.array(fc.oneof(name, fc.constantFrom(...patterns)), {minLength: 1, maxLength: 3})
				.map(parts => parts.join(',')),
			name.map(hashed),
		);
		const marker = fc.oneof(
			{weight: 5, arbitrary: fc.constant('')},
			{weight: 1, arbitrary: fc.constantFrom('@revoked ', '@cert-authority ')},
		);
		const key = fc.constantFrom(keys.own, keys.own, keys.other, keys.rsa);
		const line = fc.oneof(
			{
				weight: 8,
				arbitrary: fc.tuple(marker, hosts, fc.constantFrom(' ', '  ', '\t'), key).map(parts => parts.join('')),
			},
			{weight: 1, arbitrary: fc.constantFrom('', '# vm a comment', 'vm', 'vm ssh-ed25519', '@nobody vm x y', ' \t')},
		);
		return fc.sample(fc.tuple(fc.array(line, {minLength: 1, maxLength: 5}), name), {numRuns: tries(50), seed: 11});
	}

	it('is found for a name exactly where ssh-keygen -F finds it', async () => {
		const file = path.join(temporary.folder, 'found');
		for (const [lines, name] of files()) {
			const text = `${lines.join('\n')}\n`;
			await writeFile(file, text);
			// Its own lines are numbered: a key may stand in several.
			const theirs = spawnSync('ssh-keygen', ['-F', name, '-f', file], {encoding: 'utf8'})
				.stdout.split('\n')
				.flatMap(row => /^# Host .* found: line (\d+)/.exec(row)?.[1] ?? [])
				.map(number => lines[Number(number) - 1]!)
				.map(found => parseKnownHosts(found)[0]);

			expect(linesFor(parseKnownHosts(text), name), `${name} in\n${text}`).toEqual(theirs);
		}
	});

	it('makes us trust, miss, suspect or refuse a host exactly where ssh does', async () => {
		const samples = files();
		const seen = new Map<string, number>();
		const own = Buffer.from(keys.own.split(' ')[1]!, 'base64');

		async function compare([lines, name]: [string[], string], at: number): Promise<void> {
			const text = `${lines.join('\n')}\n`;
			const file = path.join(temporary.folder, `hosts-${at % atOnce}`);
			await writeFile(file, text);
			const theirs = await verdictOfSsh(file, name);
			const ours = judgeHostKey(parseKnownHosts(text), name, own).state;
			const answers: unknown[] = [];
			const {host, port} = sshd;
			const target = {host, port, user: 'ops', identityFiles: [], knownHostsFiles: [file], hostKeyAlias: name};
			const verifier = createHostVerifier(parseKnownHosts(text), target, 'vm');
			verifier.verify(own, answer => answers.push(answer));
			seen.set(ours, (seen.get(ours) ?? 0) + 1);

			expect(ours, `${name} in\n${text}`).toBe(theirs);
			expect(answers).toEqual([theirs === 'trusted']);
			expect(verifier.refusal() === undefined).toBe(theirs === 'trusted');
		}

		for (let at = 0; at < samples.length; at += atOnce) {
			await Promise.all(samples.slice(at, at + atOnce).map((sample, n) => compare(sample, at + n)));
		}

		expect([...seen.keys()].sort()).toEqual(['changed', 'revoked', 'trusted', 'unknown']);
	}, 300_000);

	it('stands under the name in brackets where the port is not 22', async () => {
		const file = path.join(temporary.folder, 'ports');
		await writeFile(file, `${knownHostsName(sshd.host, sshd.port)} ${keys.own}\n`);

		expect(await verdictOfSsh(file)).toBe('trusted');
	});

	/** No login is tried: whoever is told that none is accepted has taken the host's key. */
	async function verdictOfSsh(file: string, alias?: string): Promise<string> {
		const options = [
			'BatchMode=yes',
			'StrictHostKeyChecking=yes',
			'PreferredAuthentications=none',
			`UserKnownHostsFile=${file}`,
			'GlobalKnownHostsFile=/dev/null',
			...(alias === undefined ? [] : [`HostKeyAlias=${alias}`]),
		];
		const argv = ['-F', 'none', ...options.flatMap(option => ['-o', option]), '-p', `${sshd.port}`, sshd.host, 'true'];
		const {stderr} = await run('ssh', argv, {env: {...process.env, LC_ALL: 'C'}}).catch(error => error);
		const {code} = causeOf(stderr, 'vm', {host: sshd.host}) ?? {code: stderr};
		return code === 'ssh.unauthorized' ? 'trusted' : code.replace('ssh.host-key-', '');
	}
});
