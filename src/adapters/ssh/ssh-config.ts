import {readFile} from 'node:fs/promises';
import {misconfigured} from './errors.ts';

/** Values by keyword in lower case, first come first. */
export type SshSettings = Map<string, string[]>;

const severalTimes = new Set(['identityfile']);

/**
 * The plain part of ssh_config, for machines without an ssh that could be asked: Host blocks and their keywords.
 * @see ssh_config(5): for each keyword the first value counts
 * @throws OperatorError ssh.config for Include and Match, rather than guessing what they would say
 */
export async function readSshConfig(file: string, host: string): Promise<SshSettings> {
	const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
		if (error.code === 'ENOENT') {
			return '';
		}

		throw misconfigured(`${file} cannot be read`, 'Make it readable, or name another with `--ssh-config`.', error);
	});
	return settingsFor(text, host, file);
}

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
			applies = appliesTo(value, host);
		} else if (name !== '' && applies && (severalTimes.has(name) || !settings.has(name))) {
			settings.set(name, [...(settings.get(name) ?? []), value.replace(/^"(.*)"$/, '$1').replace(/%h/g, host)]);
		}
	}

	return settings;
}

function appliesTo(patterns: string, host: string): boolean {
	const all = patterns.split(/\s+/).filter(Boolean);
	const matches = (pattern: string) =>
		new RegExp(
			`^${pattern
				.replace(/[.+^${}()|[\]\\]/g, '\\$&')
				.replace(/\*/g, '.*')
				.replace(/\?/g, '.')}$`,
		).test(host);
	return (
		!all.some(pattern => pattern.startsWith('!') && matches(pattern.slice(1))) &&
		all.some(pattern => !pattern.startsWith('!') && matches(pattern))
	);
}
