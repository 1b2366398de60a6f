import {createHmac, timingSafeEqual} from 'node:crypto';
import {misconfigured} from '../errors.ts';
import {matchesPatterns} from './ssh-config.ts';
import type {SshTarget} from './ssh-target.ts';
import {readUserFile} from './user-file.ts';

/**
 * One line of a known_hosts file that names a key.
 * @see sshd(8), SSH_KNOWN_HOSTS FILE FORMAT
 */
export type KnownHost = {
	marker?: 'cert-authority' | 'revoked';
	hosts: string;
	keyType: string;
	/** base64, as the file has it */
	key: string;
};

export type HostKeyVerdict =
	| {state: 'trusted'}
	/** `authority`: a certificate authority is known for this host; checking it takes a client that reads certificates. */
	| {state: 'unknown'; authority: boolean}
	/** Another key is known for this name, of whatever type. @see openssh-portable hostfile.c, check_key_in_hostkeys */
	| {state: 'changed'; knownTypes: string[]}
	| {state: 'revoked'};

export function parseKnownHosts(text: string): KnownHost[] {
	return text.split('\n').flatMap(line => {
		const fields = line.trim().split(/[ \t]+/);
		const marked = fields[0]?.startsWith('@') === true;
		const [hosts, keyType, key] = marked ? fields.slice(1) : fields;
		const marker = fields[0]?.slice(1);

		if (line.trim().startsWith('#') || !hosts || !keyType || !key || !/^[A-Za-z0-9+/]+={0,2}$/.test(key)) {
			return [];
		}

		if (!marked) {
			return [{hosts, keyType, key}];
		}

		return marker === 'cert-authority' || marker === 'revoked' ? [{marker, hosts, keyType, key}] : [];
	});
}

/** The name under which the key of a host without HostKeyAlias is looked up: with its port, unless that is 22. */
export function knownHostsName(host: string, port = 22): string {
	const name = host.toLowerCase();
	return port === 22 ? name : `[${name}]:${port}`;
}

/** The lines that apply to this name. */
export function linesFor(lines: readonly KnownHost[], name: string): KnownHost[] {
	return lines.filter(({hosts}) =>
		hosts.startsWith('|') ? matchesHash(hosts, name) : matchesPatterns(hosts.toLowerCase().split(','), name),
	);
}

/** One line with the key is enough to trust it, but a line that revokes the key outranks all others. */
export function judgeHostKey(lines: readonly KnownHost[], name: string, key: Uint8Array): HostKeyVerdict {
	const offered = Buffer.from(key).toString('base64');
	const about = linesFor(lines, name);

	if (about.some(line => line.marker === 'revoked' && sameKey(line.key, offered))) {
		return {state: 'revoked'};
	}

	const plain = about.filter(line => line.marker === undefined);
	if (plain.some(line => sameKey(line.key, offered))) {
		return {state: 'trusted'};
	}

	return plain.length > 0
		? {state: 'changed', knownTypes: [...new Set(plain.map(line => line.keyType))]}
		: {state: 'unknown', authority: about.some(line => line.marker === 'cert-authority')};
}

/** base64 may differ in its padding. */
function sameKey(a: string, b: string): boolean {
	return a.replace(/=+$/, '') === b.replace(/=+$/, '');
}

function matchesHash(hosts: string, name: string): boolean {
	const [, version, salt = '', hash = ''] = hosts.split('|');
	const wanted = Buffer.from(hash, 'base64');
	const got = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
	return version === '1' && wanted.length === got.length && timingSafeEqual(wanted, got);
}

/** Reads every file of the user that lists host keys. @throws OperatorError ssh.config */
export async function readHostKeys({knownHostsFiles, revokedKeysFile}: SshTarget): Promise<KnownHost[]> {
	const known = parseKnownHosts(await readKnownHosts(knownHostsFiles));
	return revokedKeysFile === undefined ? known : [...known, ...(await readRevokedKeys(revokedKeysFile))];
}

/** @throws OperatorError ssh.config: a file that exists but cannot be read might revoke a key */
async function readKnownHosts(files: readonly string[]): Promise<string> {
	const texts = await Promise.all(
		files.map(file =>
			readUserFile(file)
				.then(bytes => bytes.toString('utf8'))
				.catch((error: NodeJS.ErrnoException) => {
					if (error.code === 'ENOENT') {
						return '';
					}

					throw misconfigured(`${file} cannot be read`, 'Make it readable: it may revoke a key.', error);
				}),
		),
	);
	return texts.join('\n');
}

/**
 * One public key a line. As in OpenSSH, a list that cannot be read refuses every host.
 * @see ssh_config(5), RevokedHostKeys
 */
async function readRevokedKeys(file: string): Promise<KnownHost[]> {
	const text = await readUserFile(file)
		.then(bytes => bytes.toString('latin1'))
		.catch(error => {
			throw misconfigured(`${file}, which RevokedHostKeys names, cannot be read`, 'Make it readable.', error);
		});

	if (text.startsWith('SSHKRL\n')) {
		throw misconfigured(
			`${file} is a key revocation list, which the built-in transport cannot read`,
			'Use the system’s ssh: leave `--transport ssh2` out.',
		);
	}

	const revoked = text.split('\n').map(line => (line.trim().startsWith('#') ? '' : `@revoked * ${line.trim()}`));
	return parseKnownHosts(revoked.join('\n'));
}
