import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {promisify} from 'node:util';

const run = promisify(execFile);

export type Containerd = {
	/** Of its socket: `CONTAINERD_ADDRESS`. */
	address: string;
	/** Puts one blob into the content store of a namespace. */
	ingest(digest: string, file: string, namespace: string): Promise<void>;
	/** Fetches without unpacking, into a namespace, as a node of this platform does. */
	fetch(reference: string, namespace: string, platform: string): Promise<void>;
	/** Pulls and unpacks, by the snapshotter that copies layers. Undefined: it did; else its last words. */
	pull(reference: string, ...options: string[]): Promise<string | undefined>;
	/** The same in a namespace of its own: a layer whose diff_ids another image brought is unpacked all the same. */
	pullAlone(reference: string, ...options: string[]): Promise<string | undefined>;
	stop(): Promise<void>;
};

/** ctr draws its progress anew all the time: a slow pull of 130 layers printed more than Node's megabyte. */
const mostOutput = 64 * 1024 * 1024;

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
			// Else what one namespace has fetched is not fetched for another.
			'[plugins."io.containerd.metadata.v1.bolt"]',
			'content_sharing_policy = "isolated"',
		].join('\n'),
	);
	const server = spawn('containerd', ['--config', inside('config.toml')], {stdio: 'ignore'});
	const exited = once(server, 'exit');
	const ctrIn = (namespace: string, ...args: string[]) =>
		run('ctr', ['-a', inside('c.sock'), '-n', namespace, ...args], {timeout: 60_000, maxBuffer: mostOutput});
	for (let tries = 0; ; tries++) {
		try {
			await ctrIn('regmedic', 'version');
			break;
		} catch (error) {
			if (tries === 100 || server.exitCode !== null) {
				throw error;
			}

			await pause(100);
		}
	}

	async function pullInto(namespace: string, reference: string, ...options: string[]) {
		try {
			await ctrIn(namespace, 'images', 'pull', '--plain-http', '--snapshotter', 'native', ...options, reference);
			return undefined;
		} catch (error) {
			const {stderr = ''} = error as {stderr?: string};
			return stderr.trim().split('\n').at(-1) || String(error);
		}
	}

	let alone = 0;
	return {
		address: inside('c.sock'),
		async ingest(digest, file, namespace) {
			const ctr = ['-a', inside('c.sock'), '-n', namespace, 'content', 'ingest', '--expected-digest', digest, digest];
			await run('sh', ['-c', 'file=$1; shift; ctr "$@" <"$file"', 'sh', file, ...ctr], {timeout: 60_000});
		},
		async fetch(reference, namespace, platform) {
			await ctrIn(namespace, 'content', 'fetch', '--plain-http', '--platform', platform, reference);
		},
		pull: (reference, ...options) => pullInto('regmedic', reference, ...options),
		pullAlone: (reference, ...options) => pullInto(`alone-${++alone}`, reference, ...options),
		async stop() {
			server.kill();
			await exited;
		},
	};
}
