import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {promisify} from 'node:util';

const run = promisify(execFile);

export type Containerd = {
	/** Pulls and unpacks, by the snapshotter that copies layers. Undefined: it did; else its last words. */
	pull(reference: string, ...options: string[]): Promise<string | undefined>;
	stop(): Promise<void>;
};

/** A containerd of its own, as root, with everything in this folder. */
export async function startContainerd(folder: string): Promise<Containerd> {
	const inside = (name: string) => path.join(folder, name);
	await mkdir(folder, {recursive: true});
	const unused = [
		'grpc.v1.cri',
		'snapshotter.v1.aufs',
		'snapshotter.v1.btrfs',
		'snapshotter.v1.devmapper',
		'snapshotter.v1.zfs',
	];
	await writeFile(
		inside('config.toml'),
		[
			'version = 2',
			`root = "${inside('root')}"`,
			`state = "${inside('state')}"`,
			`disabled_plugins = [${unused.map(name => `"io.containerd.${name}"`).join(', ')}]`,
			'[grpc]',
			`address = "${inside('c.sock')}"`,
		].join('\n'),
	);
	const server = spawn('containerd', ['--config', inside('config.toml')], {stdio: 'ignore'});
	const exited = once(server, 'exit');
	const ctr = (...args: string[]) => run('ctr', ['-a', inside('c.sock'), '-n', 'regmedic', ...args], {timeout: 60_000});
	for (let tries = 0; ; tries++) {
		try {
			await ctr('version');
			break;
		} catch (error) {
			if (tries === 100 || server.exitCode !== null) {
				throw error;
			}

			await pause(100);
		}
	}

	return {
		async pull(reference, ...options) {
			try {
				await ctr('images', 'pull', '--plain-http', '--snapshotter', 'native', ...options, reference);
				return undefined;
			} catch (error) {
				const {stderr = ''} = error as {stderr?: string};
				return stderr.trim().split('\n').at(-1) || String(error);
			}
		},
		async stop() {
			server.kill();
			await exited;
		},
	};
}
