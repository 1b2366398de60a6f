import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {promisify} from 'node:util';
import {createBuilder} from '../../src/adapters/builder/builder.ts';
import type {Builder, BuildOrder, BuildStatus} from '../../src/engine/ports/builder.ts';
import {localShell} from '../adapters/builder/fake-host.ts';
import {createAuthority} from './certificates.ts';
import {type RealRegistry, startDockerRegistry} from './real.ts';

const run = promisify(execFile);
const {signal} = new AbortController();

export const buildHostPrograms = ['git', 'buildah', 'podman', 'skopeo', 'docker-registry', 'htpasswd', 'openssl'];

export type Program = 'buildah' | 'podman' | 'docker';

/** A host with image stores of its own, and two private registries: one that is repaired, and another that the host has a login for. */
export type BuildHost = {
	folder: string;
	home: string;
	builder: Builder;
	registry: RealRegistry;
	other: RealRegistry;
	/** The environment of its programs. */
	env: NodeJS.ProcessEnv;
	/** The certificate authority of both registries. */
	caFile: string;
	order(fields: Partial<BuildOrder>): BuildOrder;
	ended(requestId: string): Promise<BuildStatus>;
	/** Replaces the files of the repository that is built. */
	commit(files: Record<string, string>): Promise<void>;
	/** Every image that the program keeps: its name, or its id. */
	images(program: Program): Promise<string[]>;
	run(program: string, ...args: string[]): Promise<string>;
	[Symbol.asyncDispose](): Promise<void>;
};

const ours = {username: 'octocat', password: 'correct horse'};
const theirs = {username: 'guest', password: 'battery staple'};
export const logins = {ours, theirs};

/** @param folder removed by the caller */
export async function openBuildHost(folder: string): Promise<BuildHost> {
	const inside = (...parts: string[]) => path.join(folder, ...parts);
	const home = inside('home');
	await Promise.all(['home', 'infra', 'docker', 'one', 'two'].map(each => mkdir(inside(each), {recursive: true})));
	const {ca, sign} = await createAuthority(folder);
	const pair = await sign('registry');
	const start = async (name: string, {username, password}: typeof ours) => {
		const {stdout} = await run('htpasswd', ['-Bbn', username, password]);
		await writeFile(inside(name, 'htpasswd'), stdout);
		return startDockerRegistry({
			root: inside(name, 'store'),
			folder: inside(name),
			htpasswd: inside(name, 'htpasswd'),
			tls: {certificate: pair.cert, key: pair.key},
		});
	};
	const [registry, other] = [await start('one', ours), await start('two', theirs)];

	await writeFile(
		inside('storage.conf'),
		`[storage]\ndriver = "vfs"\nrunroot = "${inside('run')}"\ngraphroot = "${inside('containers')}"\n`,
	);
	const auth = Buffer.from(`${theirs.username}:${theirs.password}`).toString('base64');
	// Beside its login, the host names a helper for the registry that is repaired: no login may be put into it.
	const config = {auths: {[other.host]: {auth}}, credHelpers: {[registry.host]: 'absent'}};
	for (const file of [inside('docker/config.json'), inside('auth.json')]) {
		await writeFile(file, `${JSON.stringify(config, undefined, '\t')}\n`);
	}

	const settings = {
		STORAGE_DRIVER: 'vfs',
		BUILDAH_ISOLATION: 'chroot',
		CONTAINERS_STORAGE_CONF: inside('storage.conf'),
		SSL_CERT_FILE: ca.cert,
		REGISTRY_AUTH_FILE: inside('auth.json'),
		DOCKER_CONFIG: inside('docker'),
		DOCKER_HOST: `unix://${inside('podman.sock')}`,
		DOCKER_BUILDKIT: '0',
	};
	const env = {PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: folder, ...settings};
	const service = spawn('podman', ['system', 'service', '--time', '0', settings.DOCKER_HOST], {env, stdio: 'ignore'});
	const builder = createBuilder({shell: localShell('sh', {PATH: env.PATH, HOME: home, XDG_RUNTIME_DIR: folder})});
	const git = (...args: string[]) =>
		run('git', ['-C', inside('infra'), '-c', 'user.name=octocat', '-c', 'user.email=octocat@git.example', ...args]);
	await git('init', '--quiet', '--initial-branch=main');

	return {
		folder,
		home,
		builder,
		registry,
		other,
		env,
		caFile: ca.cert,
		order: fields => ({
			requestId: 'trust-1',
			git: inside('infra'),
			branch: 'main',
			context: '.',
			dockerfile: 'Dockerfile',
			images: [`${registry.host}/infra-ci:latest`],
			program: 'buildah',
			credentials: ours,
			plainHttp: false,
			environment: settings,
			platforms: [],
			args: {},
			secrets: {},
			bases: [],
			...fields,
		}),
		async ended(requestId) {
			for (;;) {
				const status = await builder.status(requestId, {signal});
				if (status.state !== 'running') {
					return status;
				}

				await pause(50);
			}
		},
		async commit(files) {
			for (const [name, text] of Object.entries(files)) {
				await writeFile(inside('infra', name), text);
			}

			await git('add', '.');
			await git('commit', '--quiet', '--allow-empty', '--message=Change');
		},
		async images(program) {
			const format = program === 'docker' ? '{{.Repository}}:{{.Tag}}' : '{{.Name}}:{{.Tag}}';
			const args =
				program === 'podman'
					? ['images', '--all', '--format', '{{.Repository}}:{{.Tag}}']
					: ['images', '--all', '--format', format];
			const {stdout} = await run(program, args, {env});
			return stdout.split('\n').filter(Boolean).sort();
		},
		run: async (program, ...args) => (await run(program, args, {env})).stdout.trim(),
		async [Symbol.asyncDispose]() {
			if (service.exitCode === null) {
				const gone = once(service, 'exit');
				service.kill();
				await gone;
			}

			await Promise.all([registry.stop(), other.stop()]);
		},
	};
}

export async function fileIn(host: BuildHost, name: string): Promise<string> {
	return readFile(path.join(host.folder, name), 'utf8');
}
