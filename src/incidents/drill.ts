import path from 'node:path';
import {otherWriters} from '../adapters/configuration/ownership.ts';
import {nameIncident} from '../adapters/journal/incident-folders.ts';
import {makeIncidentFolder} from '../adapters/journal/journal.ts';
import {learnReadableSecrets} from '../adapters/secrets/readable-secrets.ts';
import type {Configuration} from '../domain/configuration.ts';
import {OperatorError} from '../domain/errors.ts';
import {parseReference} from '../domain/image/reference.ts';
import {findScenario} from '../drills/scenarios/scenarios.ts';
import {openWorld, type World} from '../drills/world/world.ts';
import {worldPaths} from '../drills/world/world-file.ts';
import type {Invocation} from '../invocation.ts';
import {openPorts} from '../wiring/ports.ts';
import type {Setup} from '../wiring/setup.ts';
import {systemClock} from '../wiring/setup.ts';
import {loadRunbook} from './runbooks.ts';
import {createIncident, incidentFolder, type OpenIncident, openIncident} from './start.ts';

type NewDrill = {
	scenario: string;
	seed: number;
	/** Speed-up factor of the simulated builds; above 1 only in tests. */
	speed: number;
};

/** Starts a drill: makes its world, then opens its incident. */
export async function startDrill(
	invocation: Invocation,
	{scenario, seed, speed, pace}: NewDrill & {pace: 'person' | 'auto'},
): Promise<OpenIncident> {
	const runbook = await loadRunbook(invocation.home, invocation.folder, findScenario(scenario).runbook);
	const name = nameIncident(runbook.name, systemClock.now());
	const folder = incidentFolder(invocation, 'drills', name);
	await makeIncidentFolder(folder);
	const {world, setup} = await openDrill({folder, scenario, seed, speed}, invocation);
	const reference = parseReference(world.image);
	const {ports, settings, close} = openPorts(reference, setup);

	return openIncident({
		name,
		reference,
		begin: () =>
			createIncident(invocation, {
				name,
				runbook,
				inputs: {image: world.image},
				settings,
				ports,
				pace,
				dryRun: false,
				drill: {scenario, seed},
			}),
		async close() {
			await close();
			await world.close();
		},
	});
}

/**
 * Opens the world of a drill and describes it as a configuration, so that the same adapters are built as in an incident.
 * Nothing of the real environment, of Docker's or of ssh's configuration gets in: a drill never touches the real thing.
 * @param drill its folder, and what its world is made from
 */
export async function openDrill(
	{folder, scenario, seed, speed}: NewDrill & {folder: string},
	{processes, redaction, signal}: Pick<Invocation, 'processes' | 'redaction' | 'signal'>,
): Promise<{world: World; setup: Setup}> {
	const paths = worldPaths(path.resolve(folder, 'world'));
	const world = await openWorld({folder: paths.folder, scenario, seed: String(seed), speed, processes});
	// Its pretended programs would be passed over there, and real ones of the same names be found.
	const openTo = await otherWriters(paths.folder, processes.user);
	if (openTo !== undefined) {
		await world.close();
		throw new OperatorError('drill.folder', `A rehearsal cannot run in ${paths.folder}: ${openTo}.`, {
			hint: 'Set XDG_STATE_HOME to a folder that only you can write.',
			exit: 'configuration',
		});
	}

	const {registryCredentials, ci} = world;

	const configuration = configurationOf(world);
	const environment = {
		PATH: '/usr/bin:/bin',
		HOME: folder,
		DRILL_REGISTRY_USER: registryCredentials.username,
		DRILL_REGISTRY_PASSWORD: registryCredentials.password,
		DRILL_CI_TOKEN: ci.token,
	};
	await learnReadableSecrets(configuration, {environment, redaction});

	return {
		world,
		setup: {
			configuration,
			processes,
			redaction,
			signal,
			// The simulated host's shell is this machine's own: without it, an audit reads our crontabs and processes.
			hostRoot: paths.vm,
			speed,
			environment,
		},
	};
}

function configurationOf({registryUrl, storageRoot, restartCommand, images, ssh, ci}: World): Configuration {
	return {
		registries: {
			drill: {
				url: registryUrl,
				role: 'authoritative',
				credentials: {env: {username: 'DRILL_REGISTRY_USER', password: 'DRILL_REGISTRY_PASSWORD'}},
				storage: {
					ssh: ssh.alias,
					root: storageRoot,
					transport: 'ssh2',
					sshConfig: ssh.configFile,
					restart: restartCommand,
				},
			},
		},
		woodpecker: {url: ci.url, token: {env: 'DRILL_CI_TOKEN'}},
		images: Object.fromEntries(
			Object.entries(images).map(([repository, {build, fallback}]) => [
				repository,
				{
					registry: 'drill',
					build,
					usedByPipelines: [],
					...(fallback && {fallback: {on: 'vm', ...fallback, builder: 'auto', environment: {}, args: {}, secrets: {}}}),
				},
			]),
		),
	};
}
