import {execa} from 'execa';
import {misconfigured} from '../errors.ts';
import type {Environment} from '../local.ts';
import {type Destination, destinationArguments, sshEnvironment} from '../ssh-program.ts';
import {readUserFile} from './user-file.ts';

/** Values by keyword in lower case; the first value of a keyword comes first. */
type SshSettings = Map<string, string[]>;

const askTimeoutMs = 10_000;

/**
 * Asks `ssh -G`, which knows Include and Match.
 * @returns undefined: there is no ssh on this machine
 * @throws OperatorError ssh.config
 */
export async function askSsh(
	destination: Destination,
	{configFile, environment}: {configFile?: string; environment: Environment},
): Promise<SshSettings | undefined> {
	const {exitCode, stdout, stderr} = await execa('ssh', ['-G', ...destinationArguments(destination, configFile)], {
		reject: false,
		stdin: 'ignore',
		timeout: askTimeoutMs,
		extendEnv: false,
		env: {...sshEnvironment(environment)},
	});

	if (exitCode === undefined) {
		return undefined;
	}

	if (exitCode !== 0) {
		throw misconfigured(stderr, 'Correct the ssh_config file that ssh names.');
	}

	const settings: SshSettings = new Map();
	for (const line of stdout.split('\n')) {
		const [name = '', ...value] = line.split(' ');
		settings.set(name, [...(settings.get(name) ?? []), value.join(' ')]);
	}

	return settings;
}

/**
 * Reads the plain part of ssh_config, for machines without ssh: Host blocks and their keywords.
 * @see ssh_config(5): for each keyword the first value counts
 * @throws OperatorError ssh.config for Include and Match, which only ssh itself can evaluate
 */
export async function readSshConfig(file: string, host: string): Promise<SshSettings> {
	const text = await readUserFile(file)
		.then(bytes => bytes.toString('utf8'))
		.catch((error: NodeJS.ErrnoException) => {
			if (error.code === 'ENOENT') {
				return '';
			}

			throw misconfigured(`${file} cannot be read`, 'Make it readable, or name another with `--ssh-config`.', error);
		});
	return settingsFor(text, host, file);
}

const severalTimes = new Set(['identityfile']);

export function settingsFor(text: string, host: string, file = 'ssh_config'): SshSettings {
	const settings: SshSettings = new Map();
	let applies = true;

	for (const line of text.split('\n')) {
		const [, keyword = '', value = ''] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line) ?? [];
		const name = keyword.toLowerCase();

		if (name === 'include' || name === 'match') {
			throw misconfigured(
				`${file} uses ${keyword}, which only the system's ssh reads`,
				'Install the OpenSSH client, or name a plain file with `--ssh-config`.',
			);
		}

		if (name === 'host') {
			applies = matchesPatterns(value.split(/\s+/), host);
		} else if (name !== '' && applies && (severalTimes.has(name) || !settings.has(name))) {
			settings.set(name, [...(settings.get(name) ?? []), value.replace(/^"(.*)"$/, '$1').replace(/%h/g, host)]);
		}
	}

	return settings;
}

/**
 * Whether a list of patterns, as in ssh_config and known_hosts, matches a host name. A negated pattern that matches
 * excludes the name. @see ssh_config(5), PATTERNS
 */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
	const excluded = patterns.some(pattern => pattern.startsWith('!') && matches(pattern.slice(1), name));
	return !excluded && patterns.some(pattern => !pattern.startsWith('!') && matches(pattern, name));
}

function matches(pattern: string, name: string): boolean {
	const source = pattern
		.replace(/[.+^${}()|[\]\\]/g, '\\$&')
		.replace(/\*+/g, '.*')
		.replace(/\?/g, '.');
	return new RegExp(`^${source}$`).test(name);
}
