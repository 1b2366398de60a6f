import {execFile, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, cp, mkdir, realpath, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {promisify} from 'node:util';
import {locate} from './real.ts';

const run = promisify(execFile);

export type ContainerEngine = {
	/** For podman itself, and for docker's command line, which talks to podman's service. */
	environment: Record<string, string>;
	/** Of the service: who may write to it may use docker. */
	socket: string;
	podman(...args: string[]): Promise<string>;
	/** An image with busybox, as Alpine has it, and nothing else. @returns its reference */
	buildTools(name?: string, options?: {without?: readonly string[]}): Promise<string>;
	/** @returns the folder in which the engine keeps it */
	createVolume(name: string): Promise<string>;
	stop(): Promise<void>;
};

/**
 * Podman with a storage of its own, as root, and its service, which speaks docker's API: docker's command line is the real one
 * where it is installed. Its folder is closed to others, as that of docker is.
 */
export async function startEngine(folder: string): Promise<ContainerEngine> {
	const inside = (name: string) => path.join(folder, name);
	await mkdir(inside('graph'), {recursive: true, mode: 0o700});
	const [socket, conf, storage] = [inside('p.sock'), inside('containers.conf'), inside('storage.conf')];
	// The limits of this machine may be lower than those that podman would set.
	await writeFile(
		conf,
		'[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n[engine]\ncgroup_manager = "cgroupfs"\n',
	);
	await writeFile(
		storage,
		`[storage]\ndriver = "vfs"\nrunroot = "${inside('run')}"\ngraphroot = "${inside('graph')}"\n`,
	);
	const environment = {
		DOCKER_HOST: `unix://${socket}`,
		CONTAINERS_CONF: conf,
		CONTAINERS_STORAGE_CONF: storage,
		BUILDAH_ISOLATION: 'chroot',
	};
	const env = {...process.env, ...environment};
	const podman = async (...args: string[]) => (await run('podman', args, {env, timeout: 60_000})).stdout.trim();
	const service = spawn('podman', ['system', 'service', '--time', '0', environment.DOCKER_HOST], {
		env,
		stdio: 'ignore',
	});
	const exited = once(service, 'exit');
	for (let tries = 0; ; tries++) {
		try {
			await podman('--url', environment.DOCKER_HOST, 'version');
			break;
		} catch (error) {
			if (tries === 100 || service.exitCode !== null) {
				throw error;
			}

			await pause(100);
		}
	}

	return {
		environment,
		socket,
		podman,
		async buildTools(name = 'localhost/acme/tools:1', {without = []} = {}) {
			const root = path.join(folder, `rootfs-${Math.random().toString(36).slice(2)}`);
			await copyBusybox(root, without);
			await writeFile(path.join(root, 'Containerfile'), 'FROM scratch\nCOPY --from=tools / /\n');
			const build = ['bud', '--quiet', '--layers=false', '--pull-never', `--build-context=tools=${root}`];
			await run('buildah', [...build, `--tag=${name}`, `--file=${root}/Containerfile`, root], {env, timeout: 60_000});
			return name;
		},
		async createVolume(name) {
			await podman('volume', 'create', name);
			return podman('volume', 'inspect', '--format', '{{.Mountpoint}}', name);
		},
		async stop() {
			await podman('rm', '--all', '--force', '--time', '0').catch(() => {});
			service.kill();
			await exited;
		},
	};
}

/** Busybox with a link for each of its programs. Debian's lacks some that Alpine's has: those are the system's. */
async function copyBusybox(root: string, without: readonly string[]): Promise<void> {
	await mkdir(path.join(root, 'bin'), {recursive: true});
	const busybox = await copyProgram(root, 'busybox');
	const programs = execFileSync(busybox, ['--list'], {encoding: 'utf8'}).split('\n');
	for (const program of programs) {
		if (program !== '' && program !== 'busybox' && !without.includes(program)) {
			await symlink('busybox', path.join(root, 'bin', program));
		}
	}

	for (const program of ['flock', 'cksum']) {
		if (!programs.includes(program) && !without.includes(program)) {
			await copyProgram(root, program);
		}
	}
}

/** With the libraries that it is linked with, each at its own path. @returns its path here */
async function copyProgram(root: string, name: string): Promise<string> {
	const program = await realpath(locate(name)!);
	await cp(program, path.join(root, 'bin', name));
	await chmod(path.join(root, 'bin', name), 0o755);
	const linked = await run('ldd', [program]).then(
		({stdout}) => [...stdout.matchAll(/(\/lib\S+)/g)].map(([, file]) => file!),
		() => [],
	);
	for (const file of linked) {
		await cp(await realpath(file), path.join(root, file), {recursive: true});
	}

	return program;
}
