import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {OperatorError} from '../../domain/errors.ts';
import {worldFailure} from '../disk.ts';
import type {HostProcesses} from '../host-processes.ts';
import {restartCommand} from '../host-programs.ts';
import type {BasicCredentials} from '../registry/authorization.ts';
import {
	type Damage,
	incidentRepository,
	incidentTag,
	type Scenario,
	type ScenarioBuild,
} from '../scenarios/scenario.ts';
import {findScenario} from '../scenarios/scenarios.ts';
import {alias} from '../ssh/keys.ts';
import {countChanges, type WorldCounts} from './change-log.ts';
import {makeWorld} from './make-world.ts';
import {startServers} from './servers.ts';
import {readWorld, type WorldFile, worldPaths, writeWorld} from './world-file.ts';

export type World = {
	scenario: Scenario;
	/** The broken image, as a whole reference. */
	image: string;
	/** The repository of the broken image. */
	repository: string;
	registryUrl: string;
	/** `127.0.0.1:port` */
	registryHost: string;
	registryCredentials: BasicCredentials;
	/** The `rootdirectory` of the registry, as a path on the pretend host. */
	storageRoot: string;
	ssh: {
		host: string;
		port: number;
		user: string;
		knownHostsFile: string;
		configFile: string;
		alias: string;
		privateKeyFile: string;
	};
	/** `repository`: the one whose pipeline builds the broken image. */
	ci: {url: string; token: string; repository: string; branch: string};
	/** How each image is built, by its repository in the registry. */
	images: Record<string, {build: BuildInCi; fallback?: FallbackBuild}>;
	/** What the fallback of the broken image builds on the pretend host. */
	build: FallbackBuild;
	restartCommand: string;
	/** What the scenario damaged. For tests and the debriefing. */
	broken: Damage;
	/** What was done to the world since it was made, over all its processes. */
	counts(): WorldCounts;
	/** Stops every server and every process of the pretend host. The folder can be opened again. */
	close(): Promise<void>;
};

type BuildInCi = {repository: string; branch: string; pushes: string[]; runsIn: string[]};
type FallbackBuild = {git: string; context: string; dockerfile: string; tags: string[]};

export type OpenWorldOptions = {
	folder: string;
	scenario: string;
	/** Images, commits and past pipelines follow from it: the same seed makes the same world. */
	seed: string;
	/** The speed-up factor of builds: 1 is the pace for a person. */
	speed?: number;
	processes: HostProcesses;
	/** Closes the world. */
	signal?: AbortSignal;
};

const sshUser = 'ops';

/**
 * Makes a world in an empty folder, or opens the existing one on the ports it had: after a kill it continues where it
 * was. Every server listens on loopback.
 * @throws OperatorError drill.unknown-scenario | drill.other-scenario | drill.port-taken | drill.unwritable
 */
export async function openWorld(options: OpenWorldOptions): Promise<World> {
	try {
		return await open(options);
	} catch (error) {
		throw worldFailure(options.folder, error);
	}
}

async function open(options: OpenWorldOptions): Promise<World> {
	const {scenario: name, seed, speed = 1, signal} = options;
	const scenario = findScenario(name);
	const paths = worldPaths(path.resolve(options.folder));
	await mkdir(paths.folder, {recursive: true, mode: 0o700});
	const known = await readWorld(paths);

	if (known !== undefined && known.scenario !== name) {
		throw new OperatorError('drill.other-scenario', `The drill in ${paths.folder} is "${known.scenario}".`, {
			hint: `Open it as ${known.scenario}, or begin "${name}" in another folder.`,
			exit: 'usage',
		});
	}

	const file: WorldFile = {...(known ?? (await makeWorld(paths, {scenario, seed, speed}))), speed};
	signal?.throwIfAborted();
	const servers = await startServers(paths, file, {
		scenario,
		user: sshUser,
		processes: options.processes,
		recordPorts: async ports => writeWorld(paths, {...file, ports}),
	});
	const {ports} = servers;
	const registryHost = `127.0.0.1:${ports.registry}`;
	const images = Object.fromEntries(
		Object.entries(scenario.builds).map(([repository, build]) => [repository, imageOf(build)]),
	);
	let closing: Promise<void> | undefined;

	const world: World = {
		scenario,
		image: `${registryHost}/${incidentRepository}:${incidentTag}`,
		repository: incidentRepository,
		registryUrl: `http://${registryHost}`,
		registryHost,
		registryCredentials: file.registryCredentials,
		storageRoot: paths.storage,
		ssh: {
			host: '127.0.0.1',
			port: ports.ssh,
			user: sshUser,
			knownHostsFile: paths.knownHosts,
			configFile: paths.sshConfig,
			alias,
			privateKeyFile: paths.privateKey,
		},
		ci: {
			url: `http://127.0.0.1:${ports.ci}`,
			token: file.ciToken,
			repository: images[incidentRepository]!.build.repository,
			branch: images[incidentRepository]!.build.branch,
		},
		images,
		build: images[incidentRepository]!.fallback!,
		restartCommand,
		broken: file.broken,
		counts: () => ({...servers.pipelineCounts(), ...countChanges(paths)}),
		close() {
			signal?.removeEventListener('abort', onAbort);
			closing ??= servers.close();
			return closing;
		},
	};

	function onAbort(): void {
		void world.close();
	}

	signal?.addEventListener('abort', onAbort, {once: true});
	return world;
}

function imageOf({pipeline: {name, pushes, runsIn}, fallback}: ScenarioBuild): World['images'][string] {
	return {
		build: {repository: `acme/${name}`, branch: 'main', pushes, runsIn},
		...(fallback && {
			fallback: {
				git: `https://git.acme.example/acme/${name}.git`,
				context: 'ci',
				dockerfile: 'Dockerfile',
				tags: fallback,
			},
		}),
	};
}
