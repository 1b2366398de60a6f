import {createHash, createHmac} from 'node:crypto';
import {describe, expect, it} from 'vitest';
import {causeOf} from '../../../../src/adapters/ssh/openssh/ssh-stderr.ts';
import {createHostVerifier} from '../../../../src/adapters/ssh/ssh2/connection.ts';
import {judgeHostKey, knownHostsName, parseKnownHosts} from '../../../../src/adapters/ssh/ssh2/known-hosts.ts';
import {settingsFor} from '../../../../src/adapters/ssh/ssh2/ssh-config.ts';

/** A key as it goes over the wire; only its shape matters here. */
function keyOf(seed: string, type = 'ssh-ed25519'): Buffer {
	const name = Buffer.from(type);
	const body = createHash('sha256').update(seed).digest();
	const size = (n: number) => Buffer.from([0, 0, 0, n]);
	return Buffer.concat([size(name.length), name, size(body.length), body]);
}

const line = (hosts: string, key: Buffer, type = 'ssh-ed25519') => `${hosts} ${type} ${key.toString('base64')} comment`;
const judge = (text: string, name: string, key: Buffer) => judgeHostKey(parseKnownHosts(text), name, key).state;
const [mine, other] = [keyOf('mine'), keyOf('other')];

describe('a host key', () => {
	it('is trusted when any line holds it', () => {
		expect(judge(`${line('vm', other)}\n${line('vm,vm.example', mine)}`, 'vm', mine)).toBe('trusted');
	});

	it('is changed when only other keys are known', () => {
		expect(judge(line('vm', other), 'vm', mine)).toBe('changed');
	});

	it('is changed when only keys of another type are known, as in ssh, and the verdict names the types', () => {
		const known = parseKnownHosts(line('vm', keyOf('rsa', 'ssh-rsa'), 'ssh-rsa'));
		expect(judgeHostKey(known, 'vm', mine)).toEqual({state: 'changed', knownTypes: ['ssh-rsa']});
	});

	it('is revoked, wherever the line that revokes it is', () => {
		expect(judge(`${line('vm', mine)}\n@revoked ${line('*', mine)}`, 'vm', mine)).toBe('revoked');
	});

	it('is not trusted because of a certificate authority, which this client cannot check', () => {
		const known = parseKnownHosts(`@cert-authority ${line('*.example', mine)}`);
		expect(judgeHostKey(known, 'vm.example', mine)).toEqual({state: 'unknown', authority: true});
	});

	it('is found by hash, by pattern and by port, and not where a negated pattern excludes the host', () => {
		const salt = createHash('sha1').update('salt').digest();
		const hash = createHmac('sha1', salt).update('[vm]:2222').digest('base64');
		expect(judge(line(`|1|${salt.toString('base64')}|${hash}`, mine), knownHostsName('VM', 2222), mine)).toBe(
			'trusted',
		);
		expect(judge(line('*.acme.example,!old.acme.example', mine), 'old.acme.example', mine)).toBe('unknown');
		expect(judge(line('v?.acme.example', mine), 'vm.acme.example', mine)).toBe('trusted');
		expect(judge(line('vm', mine), knownHostsName('vm', 2222), mine)).toBe('unknown');
	});
});

it('ssh2 gets a strict false for everything but a trusted key', () => {
	const target = {host: 'vm', port: 22, user: 'ops', identityFiles: [], knownHostsFiles: ['/k']};
	const answers: unknown[] = [];
	const verifier = createHostVerifier(parseKnownHosts(line('vm', other)), target, 'vm');

	expect(verifier.verify(mine, answer => answers.push(answer))).toBeUndefined();
	expect(verifier.verify(other, answer => answers.push(answer))).toBeUndefined();

	expect(answers).toEqual([false, true]);
	expect(verifier.refusal()).toMatchObject({code: 'ssh.host-key-changed', exit: 'refused'});
});

it('a plain ssh_config is read as ssh reads it: the first value counts, identities add up', () => {
	const settings = settingsFor(
		'Host vm !old\n\tHostName 10.0.0.1\n\tIdentityFile ~/.ssh/a\nHost *\n\tHostName=other\n\tUser ops\n\tIdentityFile "~/.ssh/b"\n',
		'vm',
	);

	expect(Object.fromEntries(settings)).toEqual({
		hostname: ['10.0.0.1'],
		identityfile: ['~/.ssh/a', '~/.ssh/b'],
		user: ['ops'],
	});
	expect(() => settingsFor('Include more\n', 'vm')).toThrow(/only the system's ssh reads/);
});

it('errors of ssh that prove nothing stay unexplained, so that a write never counts as harmless', () => {
	const name = {host: 'vm'};
	expect(causeOf('', 'vm', name)).toBeUndefined();
	expect(causeOf('Connection to vm closed by remote host.\n', 'vm', name)).toBeUndefined();
	expect(causeOf('client_loop: send disconnect: Broken pipe\n', 'vm', name)).toBeUndefined();
	expect(causeOf('ssh: Could not resolve hostname vm: Name or service not known\n', 'vm', name)?.code).toBe(
		'ssh.unreachable',
	);
	expect(causeOf('ops@vm: Permission denied (publickey).\n', 'vm', name)?.code).toBe('ssh.unauthorized');
});
