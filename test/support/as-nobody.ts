import {chown, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {locate} from './real.ts';

const nobody = 65_534;

export type NobodyLogin = {
	/** Lines of sshd_config: every login is that of nobody, whoever logs in. */
	options: string[];
	/** The only line of the sudoers from now on. */
	allow(line: string): Promise<void>;
};

/**
 * A login without root. Its sudoers lie over the machine's in a mount namespace of each login: the machine keeps its own.
 * @param environment of the login, and of what sudo runs
 */
export async function nobodyLogin(folder: string, environment: Record<string, string> = {}): Promise<NobodyLogin> {
	const inside = (name: string) => path.join(folder, name);
	const names = Object.keys(environment);
	const exports = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'\n`);
	await writeFile(
		inside('as-nobody'),
		`#!/bin/sh
mount --bind ${inside('sudoers')} /etc/sudoers || exit 1
${exports.join('')}exec ${locate('setpriv')} --reuid=${nobody} --regid=${nobody} --clear-groups /bin/sh -c "$SSH_ORIGINAL_COMMAND"
`,
		{mode: 0o755},
	);
	return {
		options: [`ForceCommand ${locate('unshare')} --mount ${inside('as-nobody')}`],
		/** The bound file keeps its inode, so it is written over in place. */
		async allow(line) {
			const keep = names.length === 0 ? '' : `, env_keep += "${names.join(' ')}"`;
			await writeFile(inside('sudoers'), `Defaults env_reset${keep}\n${line}\n`, {mode: 0o440});
			await chown(inside('sudoers'), 0, 0);
		},
	};
}
