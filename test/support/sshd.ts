import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises';
import {userInfo} from 'node:os';
import path from 'node:path';
import {freePort, locate} from './real.ts';

export type RealSshd = {
	host: string;
	port: number;
	user: string;
	/** Knows the server's key, under `[host]:port` and under the alias. */
	knownHostsFile: string;
	identityFile: string;
	/** An ssh_config in which `alias` stands for all of this. */
	configFile: string;
	alias: string;
	hostKeyFile: string;
	/** Ends the server and every connection it holds. */
	stop(): Promise<void>;
	/** Cuts every connection; the server goes on listening. */
	cut(): void;
};

/**
 * OpenSSH's own server on a loopback port, with a host key and a login key made for it.
 * @param options lines of sshd_config, read before ours
 */
export async function startSshd({folder, options = []}: {folder: string; options?: string[]}): Promise<RealSshd> {
	const place = path.join(folder, 'sshd');
	await mkdir(place, {recursive: true, mode: 0o700});
	const file = (name: string) => path.join(place, name);
	const user = userInfo().username;
	const host = '127.0.0.1';
	const port = await freePort();

	for (const name of ['host_key', 'login_key']) {
		spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file(name)]);
	}

	if (userInfo().uid === 0) {
		// sshd refuses to start as root without its privilege separation folder; Debian's unit makes it.
		await mkdir('/run/sshd', {recursive: true, mode: 0o755});
	}

	const hostKey = (await readFile(file('host_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
	await writeFile(file('known_hosts'), `[${host}]:${port} ${hostKey}\n`);
	await writeFile(file('authorized_keys'), await readFile(file('login_key.pub')));
	await chmod(file('authorized_keys'), 0o600);
	await writeFile(
		file('sshd_config'),
		`${options.join('\n')}
Port ${port}
ListenAddress ${host}
HostKey ${file('host_key')}
AuthorizedKeysFile ${file('authorized_keys')}
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
AllowTcpForwarding no
MaxStartups 100
LogLevel VERBOSE
`,
	);
	await writeFile(
		file('config'),
		`Host vm
	HostName ${host}
	Port ${port}
	User ${user}
	IdentityFile ${file('login_key')}
	IdentitiesOnly yes
	IdentityAgent none
	UserKnownHostsFile ${file('known_hosts')}
	GlobalKnownHostsFile /dev/null
`,
	);

	const sshd = spawn(locate('sshd')!, ['-D', '-e', '-f', file('sshd_config')], {
		stdio: ['ignore', 'ignore', 'pipe'],
		detached: true,
	});
	await listening(sshd);

	return {
		host,
		port,
		user,
		knownHostsFile: file('known_hosts'),
		identityFile: file('login_key'),
		configFile: file('config'),
		alias: 'vm',
		hostKeyFile: file('host_key.pub'),
		cut() {
			endAll(childrenOf(sshd.pid!), 'SIGKILL');
		},
		async stop() {
			if (sshd.exitCode === null && sshd.signalCode === null) {
				endAll(childrenOf(sshd.pid!), 'SIGTERM');
				sshd.kill('SIGTERM');
				await once(sshd, 'exit');
			}
		},
	};
}

/** A connection may end by itself between the list and the signal. */
function endAll(pids: readonly number[], signal: NodeJS.Signals): void {
	for (const pid of pids) {
		try {
			process.kill(pid, signal);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
				throw error;
			}
		}
	}
}

/** Its output is read as long as it runs: with a full pipe it would stop. */
function listening(sshd: ChildProcess): Promise<void> {
	return new Promise((resolve, reject) => {
		let said: string | undefined = '';
		sshd.stderr!.on('data', chunk => {
			said = said === undefined ? undefined : said + chunk;
			if (said?.includes('Server listening on')) {
				said = undefined;
				resolve();
			}
		});
		sshd.once('exit', () => reject(new Error(`sshd did not start: ${said}`)));
	});
}

function childrenOf(pid: number): number[] {
	const {stdout} = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], {encoding: 'utf8'});
	return stdout.split('\n').map(Number).filter(Boolean);
}
