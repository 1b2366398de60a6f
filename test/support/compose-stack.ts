import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {copyFile, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {promisify} from 'node:util';
import {freePort, locate} from './real.ts';

const run = promisify(execFile);

export const composePrograms = ['docker-compose', 'containers', 'buildah', 'docker-registry', 'nginx'];

/** A real docker-registry and a real nginx before it, in containers that compose has started by Podman's service. */
export type ComposeStack = AsyncDisposable & {
	/** The folder of its compose file. */
	folder: string;
	/** `host:port` of the registry, and of the proxy. */
	registry: string;
	proxy: string;
	/** The environment of whoever restarts it. */
	env: NodeJS.ProcessEnv;
	/** When each container was started, by its name. */
	started(): Promise<Record<string, string>>;
};

/** @param place removed by the caller */
export async function openComposeStack(place: string): Promise<ComposeStack> {
	const inside = (...parts: string[]) => path.join(place, ...parts);
	await Promise.all(
		['home', 'run', 'stack', 'image/root/etc', 'image/root/tmp', 'data'].map(each =>
			mkdir(inside(each), {recursive: true}),
		),
	);
	await writeFile(
		inside('storage.conf'),
		`[storage]\ndriver = "vfs"\nrunroot = "${inside('runroot')}"\ngraphroot = "${inside('images')}"\n`,
	);
	// Whoever may not raise the limits of a process cannot start a container with Podman's own.
	await writeFile(
		inside('containers.conf'),
		'[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\nlog_driver = "k8s-file"\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n',
	);
	const env = {
		PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
		HOME: inside('home'),
		XDG_RUNTIME_DIR: inside('run'),
		STORAGE_DRIVER: 'vfs',
		BUILDAH_ISOLATION: 'chroot',
		CONTAINERS_STORAGE_CONF: inside('storage.conf'),
		CONTAINERS_CONF: inside('containers.conf'),
		DOCKER_HOST: `unix://${inside('podman.sock')}`,
		DOCKER_CONFIG: inside('home/.docker'),
	};
	const command = async (program: string, ...args: string[]) =>
		(await run(program, args, {env, cwd: inside('stack')})).stdout;

	for (const program of ['docker-registry', 'nginx']) {
		await addProgram(locate(program)!, inside('image/root'));
	}

	const [own, front] = [await freePort(), await freePort()];
	await writeFile(inside('image/root/etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n');
	await writeFile(inside('image/root/etc/group'), 'root:x:0:\n');
	const registry = {version: 0.1, storage: {filesystem: {rootdirectory: '/data'}}, http: {addr: `127.0.0.1:${own}`}};
	await writeFile(inside('image/root/etc/registry.json'), JSON.stringify(registry));
	const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(each => `${each}_temp_path /tmp/${each};`);
	await writeFile(
		inside('image/root/etc/nginx.conf'),
		`user root; daemon off; pid /tmp/pid; error_log stderr;\nevents {}\nhttp { access_log off; ${temporary.join(' ')} server { listen 127.0.0.1:${front}; location / { proxy_pass http://127.0.0.1:${own}; proxy_set_header Host $http_host; } } }\n`,
	);
	await writeFile(inside('image/Dockerfile'), 'FROM scratch\nCOPY root/ /\n');
	await command('buildah', 'bud', '--quiet', '-t', 'localhost/acme-registry:1', inside('image'));
	const service = (words: string[]) => ({image: 'localhost/acme-registry:1', network_mode: 'host', command: words});
	const services = {
		registry: {
			...service(['/bin/docker-registry', 'serve', '/etc/registry.json']),
			volumes: [`${inside('data')}:/data`],
		},
		nginx: service(['/bin/nginx', '-c', '/etc/nginx.conf', '-e', 'stderr']),
	};
	await writeFile(inside('stack/docker-compose.yml'), JSON.stringify({version: '3', services}));

	const podman = spawn('podman', ['system', 'service', '--time', '0', env.DOCKER_HOST], {env, stdio: 'ignore'});
	const gone = once(podman, 'exit');
	while (!existsSync(inside('podman.sock')) && podman.exitCode === null) {
		await pause(50);
	}

	const close = async () => {
		await command('podman', 'rm', '--all', '--force', '--time', '1').catch(() => {});
		podman.kill();
		await gone;
	};
	try {
		await command('docker-compose', 'up', '-d');
	} catch (error) {
		await close();
		throw error;
	}

	return {
		folder: inside('stack'),
		registry: `127.0.0.1:${own}`,
		proxy: `127.0.0.1:${front}`,
		env,
		async started() {
			const lines = (await command('podman', 'ps', '--format', '{{.Names}} {{.StartedAt}}')).trim().split('\n');
			return Object.fromEntries(lines.map(line => line.split(' ') as [string, string]));
		},
		[Symbol.asyncDispose]: close,
	};
}

/** With the libraries that it is linked with. */
async function addProgram(file: string, root: string): Promise<void> {
	const {stdout} = await run('ldd', [file]);
	const libraries = [...stdout.matchAll(/(?:=> |^\s+)(\/\S+)/gm)].map(([, library = '']) => library);
	for (const [from, to] of [...libraries.map(each => [each, each]), [file, `/bin/${path.basename(file)}`]]) {
		await mkdir(path.dirname(path.join(root, to!)), {recursive: true});
		await copyFile(from!, path.join(root, to!));
	}
}
