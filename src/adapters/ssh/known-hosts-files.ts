import {readFile} from 'node:fs/promises';
import {misconfigured} from './errors.ts';
import {type KnownHost, parseKnownHosts} from './known-hosts.ts';
import type {SshTarget} from './ssh-target.ts';

/** Everything the user's files say about host keys. @throws OperatorError ssh.config */
export async function readHostKeys({knownHostsFiles, revokedKeysFile}: SshTarget): Promise<KnownHost[]> {
	const known = parseKnownHosts(await readKnownHosts(knownHostsFiles));
	return revokedKeysFile === undefined ? known : [...known, ...(await readRevokedKeys(revokedKeysFile))];
}

/** @throws OperatorError ssh.config: a file that is there but cannot be read might hold a revoked key */
async function readKnownHosts(files: readonly string[]): Promise<string> {
	const texts = await Promise.all(
		files.map(file =>
			readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
				if (error.code === 'ENOENT') {
					return '';
				}

				throw misconfigured(`${file} cannot be read`, 'Make it readable: a revoked key may stand in it.', error);
			}),
		),
	);
	return texts.join('\n');
}

/**
 * One public key a line. As with OpenSSH, a list that cannot be read refuses every host.
 * @see ssh_config(5), RevokedHostKeys
 */
async function readRevokedKeys(file: string): Promise<KnownHost[]> {
	const text = await readFile(file, 'latin1').catch(error => {
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
