import {writeFile} from 'node:fs/promises';
import ssh2 from 'ssh2';

/** The keys of one drill, in OpenSSH's text formats. */
export type DrillKeys = {host: {private: string; public: string}; user: {private: string; public: string}};

export const alias = 'registry-vm';

export function generateKeys(): DrillKeys {
	return {host: generateKey(), user: generateKey()};
}

/** ssh2 1.17 drops leading zero bytes of a public key (lib/keygen.js), so one pair in 256 cannot be parsed again. */
function generateKey(): DrillKeys['host'] {
	for (;;) {
		// @types/ssh2 declares no return type of generateKeyPairSync for ed25519 without options.
		const pair = ssh2.utils.generateKeyPairSync('ed25519') as DrillKeys['host'];
		if (![pair.public, pair.private].some(key => ssh2.utils.parseKey(key) instanceof Error)) {
			return pair;
		}
	}
}

/** Writes the files with which a client logs in and checks the host's key, through `ssh -F` or by itself. */
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
