import {writeFile} from 'node:fs/promises';
import ssh2 from 'ssh2';

/** OpenSSH's text formats. Made for one drill. */
export type DrillKeys = {host: {private: string; public: string}; user: {private: string; public: string}};

export const alias = 'registry-vm';

export function generateKeys(): DrillKeys {
	// @types/ssh2 does not know what generateKeyPairSync returns for ed25519 without options.
	const generate = () => ssh2.utils.generateKeyPairSync('ed25519') as {private: string; public: string};
	return {host: generate(), user: generate()};
}

/** What a client needs to log in with the host's key checked: with `ssh -F` or without. */
export async function writeClientFiles(options: {
	knownHostsFile: string;
	configFile: string;
	privateKeyFile: string;
	keys: DrillKeys;
	port: number;
	user: string;
}): Promise<void> {
	const {knownHostsFile, configFile, privateKeyFile, keys, port, user} = options;
	const [type, key] = keys.host.public.split(' ');
	await writeFile(privateKeyFile, keys.user.private, {mode: 0o600});
	await writeFile(knownHostsFile, `[127.0.0.1]:${port} ${type} ${key}\n`);
	await writeFile(
		configFile,
		[
			`Host ${alias}`,
			'\tHostName 127.0.0.1',
			`\tPort ${port}`,
			`\tUser ${user}`,
			`\tIdentityFile ${quoted(privateKeyFile)}`,
			'\tIdentitiesOnly yes',
			'\tIdentityAgent none',
			`\tUserKnownHostsFile ${quoted(knownHostsFile)}`,
			'\tGlobalKnownHostsFile /dev/null',
			'\tStrictHostKeyChecking yes',
			'\tPasswordAuthentication no',
			'\tKbdInteractiveAuthentication no',
			'',
		].join('\n'),
	);
}

/** ssh_config(5) expands % in file names. */
function quoted(file: string): string {
	return `"${file.replaceAll('%', '%%')}"`;
}
