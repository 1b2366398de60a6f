import {chmod, mkdir, rm, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import type {Shell} from '../../src/engine/ports/shell.ts';
import {createNonces} from './nonces.ts';
import {processes} from './processes.ts';
import {locate} from './real.ts';

/** The programs of a host, by what they can do: `find -printf`, `stat`, or only what POSIX requires. */
export const hostKinds = ['gnu', 'busybox', 'gnu without stat', 'busybox without stat'] as const;
export type HostKind = (typeof hostKinds)[number];

const scanPrograms = ['sh', 'dd', 'find', 'head', 'xargs', 'date', 'nice', 'awk', 'grep', 'cat', 'ls'];
const nobody = '65534';

/** Whether a folder can be made unreadable for the user of `asOrdinaryUser`. */
export const canBeShutOut = process.getuid?.() !== 0 || locate('setpriv') !== undefined;

/**
 * This machine as a host with fewer programs.
 * @param folder for its programs; created anew
 * @param options scripts that take precedence over the real programs
 */
export async function pretendHost(
	kind: HostKind,
	folder: string,
	{programs = {}, asOrdinaryUser = false}: {programs?: Record<string, string>; asOrdinaryUser?: boolean} = {},
): Promise<Shell> {
	const bin = path.join(folder, 'bin');
	await rm(folder, {recursive: true, force: true});
	await mkdir(bin, {recursive: true});
	const scripts = {
		...(kind === 'gnu without stat' ? {find: `case $* in *-printf*) exit 1 ;; esac\nexec ${locate('find')} "$@"`} : {}),
		...programs,
	};
	for (const [name, text] of Object.entries(scripts)) {
		await writeScript(path.join(bin, name), text);
	}

	const busybox = kind.startsWith('busybox') ? locate('busybox')! : undefined;
	if (kind !== 'gnu') {
		for (const name of [...scanPrograms, ...(kind === 'busybox' ? ['stat'] : [])]) {
			if (!(name in scripts)) {
				await symlink(busybox ?? locate(name)!, path.join(bin, name));
			}
		}
	}

	const PATH = kind === 'gnu' ? `${bin}:${process.env.PATH}` : bin;
	if (!asOrdinaryUser || process.getuid?.() !== 0) {
		return createLocalShell({processes, nonce: createNonces(), environment: {PATH}});
	}

	const drop = `${locate('setpriv')} --reuid=${nobody} --regid=${nobody} --clear-groups`;
	await writeScript(path.join(folder, 'login/sh'), `PATH='${PATH}' exec ${drop} ${path.join(bin, 'sh')} "$@"`);
	if (kind === 'gnu') {
		await symlink(locate('sh')!, path.join(bin, 'sh'));
	}

	return createLocalShell({
		processes,
		nonce: createNonces(),
		environment: {PATH},
		program: path.join(folder, 'login/sh'),
	});
}

async function writeScript(file: string, text: string): Promise<void> {
	await mkdir(path.dirname(file), {recursive: true});
	await writeFile(file, `#!/bin/sh\n${text}\n`);
	await chmod(file, 0o755);
}
