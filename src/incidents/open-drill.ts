import path from 'node:path';
import type {Configuration} from '../domain/configuration.ts';
import {openWorld, type World} from '../drills/world/world.ts';
import {worldPaths} from '../drills/world/world-file.ts';
import type {Processes} from '../engine/ports/processes.ts';
import type {Surroundings} from '../wiring/open-ports.ts';

export type OpenDrill = {world: World; surroundings: Surroundings};

export type DrillPlan = {
	folder: string;
	processes: Processes;
	scenario: string;
	seed: number /** Below the time a person sees, for tests. */;
	speed: number;
};

/**
 * Opens the rehearsal's world and describes it in the words of a configuration, so that the same adapters are built as
 * in an incident. Nothing of the real environment, of Docker's or of ssh's configuration gets in: a rehearsal never
 * touches the real thing.
 */
export async function openDrill({folder, processes, scenario, seed, speed}: DrillPlan): Promise<OpenDrill> {
	const places = worldPaths(path.resolve(folder, 'world'));
	const world = await openWorld({folder: places.folder, scenario, seed: String(seed), speed});
	const {ssh, build, ci, registryCredentials} = world;
	const configuration: Configuration = {
		registries: {
			drill: {
				url: world.registryUrl,
				role: 'authoritative',
				credentials: {env: {username: 'DRILL_REGISTRY_USER', password: 'DRILL_REGISTRY_PASSWORD'}},
				storage: {
					ssh: ssh.alias,
					root: world.storageRoot,
					transport: 'ssh2',
					sshConfig: ssh.configFile,
					restart: world.restartCommand,
				},
			},
		},
		woodpecker: {url: ci.url, token: {env: 'DRILL_CI_TOKEN'}},
		images: {
			[world.repository]: {
				registry: 'drill',
				build: {repository: ci.repository, branch: ci.branch, runsIn: world.ciRunsInImage ? [world.repository] : []},
				fallback: {
					on: 'vm',
					git: build.git,
					context: build.context,
					dockerfile: build.dockerfile,
					tags: build.tags,
					builder: 'auto',
					environment: {},
				},
			},
		},
	};

	return {
		world,
		surroundings: {
			configuration,
			processes,
			// The pretend host's shell is this machine's own: without it, an audit reads our crontabs and processes.
			hostRoot: places.vm,
			environment: {
				PATH: '/usr/bin:/bin',
				HOME: folder,
				DRILL_REGISTRY_USER: registryCredentials.username,
				DRILL_REGISTRY_PASSWORD: registryCredentials.password,
				DRILL_CI_TOKEN: ci.token,
			},
		},
	};
}
