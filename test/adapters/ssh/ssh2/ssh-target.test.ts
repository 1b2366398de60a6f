import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {resolveSshTarget} from '../../../../src/adapters/ssh/ssh2/ssh-target.ts';
import {temporaryFolder} from '../../../support/real.ts';

it.each([
	['asked of ssh', process.env.PATH!],
	['read by regmedic', '/nonexistent'],
])('every known_hosts file counts, also one with a space in its name, %s', async (_, searchPath) => {
	await using temporary = await temporaryFolder();
	const {folder} = temporary;
	const configFile = path.join(folder, 'ssh_config');
	const revoked = path.join(folder, 'of acme', 'revoked hosts');
	const known = path.join(folder, 'known_hosts');
	await writeFile(
		configFile,
		`Host vm\n\tHostName 127.0.0.1\n\tUserKnownHostsFile "${revoked}" ${known}\n\tGlobalKnownHostsFile none\n`,
	);

	const {knownHostsFiles} = await resolveSshTarget({
		destination: 'vm',
		configFile,
		home: folder,
		user: 'nobody',
		environment: {PATH: searchPath},
	});

	expect(knownHostsFiles).toEqual([revoked, known]);
});
