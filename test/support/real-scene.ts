import {execFile} from 'node:child_process';
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import type {Credentials} from '../../src/engine/ports/secrets.ts';
import type {Invocation} from '../../src/invocation.ts';
import {plainInvocation} from './plain-invocation.ts';
import {freePort, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from './real.ts';
import {runCommand, type Said} from './real-command.ts';
import {openTmux, type Tmux} from './real-tmux.ts';
import {shippedHome, shippedProgram} from './shipped.ts';
import {type RealSshd, startSshd} from './sshd.ts';

const run = promisify(execFile);

/** Chosen to look different in every encoding. */
const credentials: Credentials = {username: 'nora', password: 'h0rse/batt+ery st&ple'};

/** Where an incident happens: a guarded registry, the host it runs on, the repository its image is built from. */
export type Scene = {
	folder: string;
	credentials: Credentials;
	store: Store;
	registry: RealRegistry;
	sshd: RealSshd;
	/** `host:port` of the same storage served read-only; `freeze` starts it. */
	frozenHost: string;
	freeze(): Promise<RealRegistry>;
	environment: NodeJS.ProcessEnv;
	configFile: string;
	stateFolder: string;
	/** Runs distribution's garbage collection while the registry runs. The registry's cache keeps what was swept until a restart. */
	collectGarbage(): Promise<void>;
	/** The real command, without a terminal. */
	regmedic(args: string[], environment?: NodeJS.ProcessEnv): Promise<Said>;
	/** The real command in a real terminal. */
	terminal(args: string[]): Promise<Tmux>;
	/** What cli.ts gives to a command. */
	invocation(): Invocation;
	/** The output of every command, and every file that regmedic wrote. */
	traces(): Promise<string>;
	[Symbol.asyncDispose](): Promise<void>;
};

export async function openScene(): Promise<Scene> {
	const temporary = await temporaryFolder();
	const {folder} = temporary;
	const inside = (...parts: string[]) => path.join(folder, ...parts);
	for (const name of ['home', 'run', 'storage']) {
		await mkdir(inside(name), {mode: 0o700});
	}

	const htpasswd = inside('htpasswd');
	const {stdout} = await run(locate('htpasswd')!, ['-Bbn', '-C', '4', credentials.username, credentials.password]);
	await writeFile(htpasswd, stdout);
	const frozenPort = await freePort();
	const [registry, sshd] = await Promise.all([
		startDockerRegistry({root: inside('storage'), folder, htpasswd}),
		startSshd({folder, options: [`SetEnv HOME=${inside('home')} PATH=${process.env.PATH}`]}),
		makeRepository(inside('infra')),
	]);
	await writeFile(
		inside('storage.conf'),
		`[storage]\ndriver = "vfs"\nrunroot = "${inside('containers-run')}"\ngraphroot = "${inside('containers')}"\n`,
	);
	await writeFile(inside('regmedic.yaml'), configurationOf({folder, registry, sshd, frozenPort}));

	const stateFolder = inside('state/regmedic');
	const environment: NodeJS.ProcessEnv = {
		PATH: process.env.PATH,
		HOME: inside('home'),
		LANG: 'C.UTF-8',
		NODE_COMPILE_CACHE: path.join(shippedHome(), 'compiled'),
		XDG_STATE_HOME: inside('state'),
		XDG_RUNTIME_DIR: inside('run'),
		REG_USER: credentials.username,
		REG_PASS: credentials.password,
	};
	const said: string[] = [];
	const terminals: Tmux[] = [];

	return {
		folder,
		credentials,
		store: openStore(inside('storage')),
		registry,
		sshd,
		frozenHost: `127.0.0.1:${frozenPort}`,
		freeze: () => startDockerRegistry({root: inside('storage'), folder, htpasswd, port: frozenPort, readonly: true}),
		environment,
		configFile: inside('regmedic.yaml'),
		stateFolder,
		async collectGarbage() {
			await run(locate('docker-registry')!, ['garbage-collect', '-m', registry.config]);
		},
		regmedic: (args, more = {}) =>
			runCommand(args, {folder, environment: {...environment, ...more}, hear: text => said.push(text)}),
		async terminal(args) {
			const opened = await openTmux([process.execPath, shippedProgram(), ...args], {
				folder,
				environment,
				name: `terminal-${terminals.length}`,
			});
			terminals.push(opened);
			return opened;
		},
		invocation: () => plainInvocation(folder, environment, text => said.push(text)),
		async traces() {
			const files = await Promise.all([stateFolder, inside('home'), inside('run')].map(filesBelow));
			return [...said, ...terminals.map(terminal => terminal.seen()), ...files.flat()].join('\n');
		},
		async [Symbol.asyncDispose]() {
			await Promise.all([registry.stop(), sshd.stop(), ...terminals.map(terminal => terminal[Symbol.asyncDispose]())]);
			await temporary[Symbol.asyncDispose]();
		},
	};
}

async function makeRepository(repository: string): Promise<void> {
	await mkdir(path.join(repository, 'ci'), {recursive: true});
	await writeFile(path.join(repository, 'ci/tool'), 'the toolchain\n');
	await writeFile(path.join(repository, 'ci/Dockerfile'), 'FROM scratch\nCOPY tool /tool\n');
	const git = (...args: string[]) =>
		run('git', ['-C', repository, '-c', 'user.name=nora', '-c', 'user.email=nora@git.example', ...args]);
	await git('init', '--quiet', '--initial-branch=master');
	await git('add', '.');
	await git('commit', '--quiet', '--message=Build the toolchain');
}

function configurationOf(place: {folder: string; registry: RealRegistry; sshd: RealSshd; frozenPort: number}): string {
	const {folder, registry, sshd, frozenPort} = place;
	const storage = `{ssh: ${sshd.alias}, root: ${folder}/storage, sshConfig: ${sshd.configFile}}`;
	return `registries:
  private:
    url: http://${registry.host}
    credentials: {env: {username: REG_USER, password: REG_PASS}}
    storage: ${storage}
  frozen:
    url: http://127.0.0.1:${frozenPort}
    credentials: {env: {username: REG_USER, password: REG_PASS}}
    storage: ${storage}
images:
  infra-ci:
    registry: private
    build: {repository: acme/infra, branch: master, runsIn: [infra-ci]}
    fallback:
      on: vm
      git: ${folder}/infra
      context: ci
      tags: [latest, manual]
      environment:
        STORAGE_DRIVER: vfs
        BUILDAH_ISOLATION: chroot
        CONTAINERS_STORAGE_CONF: ${folder}/storage.conf
`;
}

async function filesBelow(folder: string): Promise<string[]> {
	const entries = await readdir(folder, {recursive: true, withFileTypes: true}).catch(() => []);
	return Promise.all(
		entries.filter(entry => entry.isFile()).map(entry => readFile(path.join(entry.parentPath, entry.name), 'latin1')),
	);
}
