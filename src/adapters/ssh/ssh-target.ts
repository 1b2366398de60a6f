import path from 'node:path';
import {execa} from 'execa';
import {parseDestination} from './destination.ts';
import {misconfigured} from './errors.ts';
import {type Environment, sshEnvironment} from './spawned.ts';
import {readSshConfig, type SshSettings} from './ssh-config.ts';

/** Everything the built-in transport needs to know of a host. */
export type SshTarget = {
	host: string;
	port: number;
	user: string;
	/** Tried in turn; those that are not there are passed over. */
	identityFiles: string[];
	/** The agent's socket. */
	agent?: string;
	knownHostsFiles: string[];
	/** Keys that no host may show, whatever it is called: RevokedHostKeys of ssh_config. */
	revokedKeysFile?: string;
	/** What the host's key stands under, where it is not its name. */
	hostKeyAlias?: string;
};

export type SshTargetOptions = {
	destination: string;
	configFile?: string;
	home: string;
	/** Who logs in where neither the destination nor the config says so. */
	user: string;
	environment: Environment;
};

const askTimeoutMs = 10_000;

/**
 * Reads ssh_config through `ssh -G` where there is an ssh, which knows Include and Match; else a plain reading of it.
 * @throws OperatorError ssh.config where the host needs what only the system's ssh can do
 */
export async function resolveSshTarget(options: SshTargetOptions): Promise<SshTarget> {
	const {destination, configFile, home, environment} = options;
	const asked = parseDestination(destination);
	const settings =
		(await askSsh(options)) ?? (await readSshConfig(configFile ?? path.join(home, '.ssh/config'), asked.host));

	for (const name of ['proxyjump', 'proxycommand']) {
		const value = settings.get(name)?.[0];
		if (value !== undefined && value !== 'none') {
			throw misconfigured(
				`${destination} is reached through ${name}, which the built-in transport cannot do`,
				'Use the system’s ssh: leave `--transport ssh2` out.',
			);
		}
	}

	const first = (name: string) => settings.get(name)?.[0];
	// `ssh -G` writes several files in one line and does not quote those with spaces.
	const files = (name: string) => (settings.get(name) ?? []).flatMap(value => value.split(/\s+(?=["/~]|none$)/));
	const expand = (file: string) =>
		file
			.replace(/^~(?=\/)/, home)
			.replace(/%d/g, home)
			.replace(/%%/g, '%')
			.replace(/^"(.*)"$/, '$1');
	const agent = first('identityagent') ?? environment.SSH_AUTH_SOCK;
	const alias = first('hostkeyalias');
	const revoked = first('revokedhostkeys');
	const known = [...files('userknownhostsfile'), ...files('globalknownhostsfile')].filter(file => file !== 'none');

	return {
		host: first('hostname') ?? asked.host,
		port: asked.port ?? Number(first('port') ?? 22),
		user: asked.user ?? first('user') ?? options.user,
		identityFiles: (settings.get('identityfile') ?? defaultIdentities).map(expand),
		...(agent === undefined || agent === 'none' || agent === 'SSH_AUTH_SOCK' ? {} : {agent: expand(agent)}),
		knownHostsFiles: (known.length === 0 ? defaultKnownHosts : known).map(expand),
		...(revoked === undefined || revoked === 'none' ? {} : {revokedKeysFile: expand(revoked)}),
		...(alias === undefined || alias === 'none' ? {} : {hostKeyAlias: alias}),
	};
}

const defaultIdentities = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];
const defaultKnownHosts = ['~/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts'];

async function askSsh({destination, configFile, environment}: SshTargetOptions): Promise<SshSettings | undefined> {
	const {user, host, port} = parseDestination(destination);
	const argv = [
		'-G',
		...(configFile === undefined ? [] : ['-F', configFile]),
		...(port === undefined ? [] : ['-p', `${port}`]),
		'--',
		user === undefined ? host : `${user}@${host}`,
	];
	const answer = await execa('ssh', argv, {
		reject: false,
		stdin: 'ignore',
		timeout: askTimeoutMs,
		extendEnv: false,
		env: {...sshEnvironment(environment)},
	});

	if (answer.exitCode === undefined) {
		return undefined;
	}

	if (answer.exitCode !== 0) {
		throw misconfigured(answer.stderr, 'Correct the ssh_config file that ssh names.');
	}

	const settings: SshSettings = new Map();
	for (const line of answer.stdout.split('\n')) {
		const [name = '', ...value] = line.split(' ');
		settings.set(name, [...(settings.get(name) ?? []), value.join(' ')]);
	}

	return settings;
}
