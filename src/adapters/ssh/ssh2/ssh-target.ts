import path from 'node:path';
import {defined} from '../../../domain/defined.ts';
import {misconfigured} from '../errors.ts';
import type {Environment} from '../local.ts';
import {parseDestination} from '../ssh-program.ts';
import {askSsh, readSshConfig} from './ssh-config.ts';

/** Everything the built-in transport must know about a host. */
export type SshTarget = {
	host: string;
	port: number;
	user: string;
	/** Tried in turn; files that do not exist are skipped. */
	identityFiles: string[];
	/** The agent's socket. */
	agent?: string;
	knownHostsFiles: string[];
	/** RevokedHostKeys of ssh_config: keys that are refused from any host. */
	revokedKeysFile?: string;
	/** The name under which the host's key is looked up, where it is not the host's name. */
	hostKeyAlias?: string;
};

type SshTargetOptions = {
	destination: string;
	configFile?: string;
	home: string;
	/** Who logs in where neither the destination nor ssh_config names a user. */
	user: string;
	environment: Environment;
};

const defaultIdentities = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];
const defaultKnownHosts = ['~/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts'];

/**
 * Reads ssh_config through `ssh -G` where there is an ssh, else by itself.
 * @throws OperatorError ssh.config where the host needs what only the system's ssh can do
 */
export async function resolveSshTarget(options: SshTargetOptions): Promise<SshTarget> {
	const {destination, configFile, home, environment} = options;
	const asked = parseDestination(destination);
	const settings =
		(await askSsh(asked, options)) ?? (await readSshConfig(configFile ?? path.join(home, '.ssh/config'), asked.host));

	for (const name of ['proxyjump', 'proxycommand']) {
		const value = settings.get(name)?.[0];
		if (value !== undefined && value !== 'none') {
			throw misconfigured(
				`${destination} is reached through ${name}, which the built-in transport does not support`,
				'Use the system’s ssh: leave `--transport ssh2` out.',
			);
		}
	}

	const first = (name: string) => settings.get(name)?.[0];
	const fileOf = (value: string | undefined) => (value === undefined || value === 'none' ? undefined : expand(value));
	// `ssh -G` prints several files on one line and does not quote those with spaces.
	const files = (name: string) => (settings.get(name) ?? []).flatMap(value => value.split(/\s+(?=["/~]|none$)/));
	const agent = first('identityagent') ?? environment.SSH_AUTH_SOCK;
	const alias = first('hostkeyalias');
	const known = [...files('userknownhostsfile'), ...files('globalknownhostsfile')].filter(file => file !== 'none');

	return {
		host: first('hostname') ?? asked.host,
		port: asked.port ?? Number(first('port') ?? 22),
		user: asked.user ?? first('user') ?? options.user,
		identityFiles: (settings.get('identityfile') ?? defaultIdentities).map(expand),
		knownHostsFiles: (known.length === 0 ? defaultKnownHosts : known).map(expand),
		...defined({
			agent: agent === 'SSH_AUTH_SOCK' ? undefined : fileOf(agent),
			revokedKeysFile: fileOf(first('revokedhostkeys')),
			hostKeyAlias: alias === 'none' ? undefined : alias,
		}),
	};

	function expand(file: string): string {
		return file
			.replace(/^~(?=\/)/, home)
			.replace(/%d/g, home)
			.replace(/%%/g, '%')
			.replace(/^"(.*)"$/, '$1');
	}
}
