import {spawnSync} from 'node:child_process';
import {chmod, chown, copyFile, mkdir, readFile, writeFile} from 'node:fs/promises';
import {connect, createServer} from 'node:net';
import path from 'node:path';
import {type Login, openLogin, type Ran} from './cli.ts';
import {locate} from './real.ts';
import type {RealSshd} from './sshd.ts';

/** Every Linux has this user; it owns nothing. */
const nobody = 65_534;

/** What `openElsewhere` needs beside ssh. */
export const elsewhereNeeds = ['unshare', 'setpriv', 'ip', 'hostname'];

/** The line of sshd_config that lets a tunnel through. */
export const tunnelled = 'AllowTcpForwarding yes';

export type Elsewhere = {
	login: Login;
	/** How the storage's host is called there. */
	ssh: {ssh: string; sshConfig: string};
	/** Runs regmedic there, behind a tunnel from its own port to that of a registry. */
	run(args: string[], tunnel: {from: number; to: number}): Promise<Ran>;
	/** Hands a file over: everybody there may read it. */
	give(file: string): Promise<string>;
	[Symbol.asyncDispose](): Promise<void>;
};

/**
 * Another user on another machine, as far as one kernel has it: network and host name of its own, another Unix user here and on the
 * storage's host, a home, ssh_config, key, known_hosts, an alias of its own. Nothing is reached but through ssh, which leaves the
 * network by a Unix socket.
 */
export async function openElsewhere({folder, sshd}: {folder: string; sshd: RealSshd}): Promise<Elsewhere> {
	const login = await openLogin();
	const inside = (name: string) => path.join(login.folder, name);
	// Short: a Unix socket's path has 108 bytes at most.
	const socket = path.join(folder, 'out.sock');
	const server = createServer(client => {
		const onward = connect(sshd.port, sshd.host);
		client.pipe(onward).on('error', () => client.destroy());
		onward.pipe(client).on('error', () => onward.destroy());
	});
	await new Promise<void>(resolve => server.listen(socket, resolve));
	await chmod(socket, 0o777);
	await chmod(folder, 0o755);

	spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'elsewhere', '-f', inside('key')]);
	const asNobody = `${locate('setpriv')} --reuid=${nobody} --regid=${nobody} --clear-groups /bin/sh -c \\"$SSH_ORIGINAL_COMMAND\\"`;
	const keys = path.join(path.dirname(sshd.identityFile), 'authorized_keys');
	await writeFile(keys, `command="${asNobody}" ${await readFile(inside('key.pub'), 'utf8')}`, {flag: 'a'});
	await writeFile(inside('known_hosts'), `store.elsewhere ${await readFile(sshd.hostKeyFile, 'utf8')}`);
	const bridge = `const s = require('node:net').connect(${JSON.stringify(socket)}); process.stdin.pipe(s); s.pipe(process.stdout)`;
	await writeFile(inside('bridge.cjs'), bridge);
	await writeFile(
		inside('ssh_config'),
		`Host backend
	HostName store.elsewhere
	HostKeyAlias store.elsewhere
	User ${sshd.user}
	ProxyCommand "${process.execPath}" "${inside('bridge.cjs')}"
	IdentityFile "${inside('key')}"
	IdentitiesOnly yes
	IdentityAgent none
	UserKnownHostsFile "${inside('known_hosts')}"
	GlobalKnownHostsFile /dev/null
`,
	);
	// Prepares the tunnel, as a person would; it ends with the command.
	await writeFile(
		inside('machine'),
		`#!/bin/sh
from=$1 to=$2; shift 2
ip link set lo up && hostname elsewhere || exit 99
as="${locate('setpriv')} --reuid=${nobody} --regid=${nobody} --clear-groups"
tunnel="${login.folder}/tunnel"
$as ssh -F "${inside('ssh_config')}" -M -S "$tunnel" -o ExitOnForwardFailure=yes -f -N -L "127.0.0.1:$from:127.0.0.1:$to" backend </dev/null >/dev/null || exit 98
$as "$@"
code=$?
$as ssh -F "${inside('ssh_config')}" -S "$tunnel" -O exit backend 2>/dev/null
exit $code
`,
		{mode: 0o755},
	);
	await mkdir(path.dirname(login.state), {recursive: true});
	const own = ['', 'work', 'state', 'key', 'key.pub', 'known_hosts', 'ssh_config', 'bridge.cjs'].map(inside);
	await Promise.all(own.map(file => chown(file, nobody, nobody)));

	return {
		login,
		ssh: {ssh: 'backend', sshConfig: inside('ssh_config')},
		run: (args, {from, to}) =>
			login.run(args, {
				wrapper: [locate('unshare')!, '--net', '--uts', inside('machine'), String(from), String(to)],
				environment: {SHELL: '/bin/sh'},
			}),
		async give(file) {
			const copy = inside(`work/${path.basename(file)}`);
			await copyFile(file, copy);
			await chown(copy, nobody, nobody);
			return copy;
		},
		async [Symbol.asyncDispose]() {
			server.close();
			await login[Symbol.asyncDispose]();
		},
	};
}
