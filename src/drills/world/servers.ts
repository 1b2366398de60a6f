import {startAgent} from '../ci/agent.ts';
import {drillPlace, oncall} from '../ci/drill-place.ts';
import {openPipelineStore} from '../ci/pipeline-store.ts';
import {viewOf} from '../ci/requests/shared.ts';
import {startCi} from '../ci/server.ts';
import type {HostProcesses} from '../host-processes.ts';
import {hostVariables, writePrograms} from '../host-programs.ts';
import {type Listener, listenHttp} from '../listen.ts';
import {commitSeed} from '../programs/git.ts';
import {startRegistry} from '../registry/server.ts';
import {incidentRepository, incidentTag, type Scenario} from '../scenarios/scenario.ts';
import {endDetached} from '../ssh/detached.ts';
import {startSshHost} from '../ssh/host.ts';
import {writeClientFiles} from '../ssh/keys.ts';
import {recordChange, type WorldCounts} from './change-log.ts';
import type {WorldFile, WorldPaths} from './world-file.ts';

type Servers = {
	ports: WorldFile['ports'];
	pipelineCounts(): Pick<WorldCounts, 'manualPipelines' | 'pipelineRestarts'>;
	close(): Promise<void>;
};

/** Starts the registry, the SSH host, the CI and its agent. If one cannot start, those already running are stopped. */
export async function startServers(
	paths: WorldPaths,
	file: WorldFile,
	options: {
		scenario: Scenario;
		user: string;
		processes: HostProcesses;
		/** Called when every server listens and before any of them acts on its own. */
		recordPorts(ports: WorldFile['ports']): Promise<void>;
	},
): Promise<Servers> {
	const {scenario, user, processes} = options;
	const {seed, speed, keys, registryCredentials: credentials} = file;
	const closers: (() => Promise<void>)[] = [];

	async function close(): Promise<void> {
		for (const closer of closers.splice(0).reverse()) {
			await closer();
		}
	}

	async function started<Server extends {close(): Promise<void>}>(server: Promise<Server>): Promise<Server> {
		const running = await server;
		closers.push(running.close);
		return running;
	}

	try {
		const registry = await started(
			startRegistry({
				root: paths.storage,
				port: file.ports.registry,
				credentials,
				changed: change => recordChange(paths, change),
			}),
		);
		const control = await started(
			startRestartServer({
				port: file.ports.control,
				token: file.controlToken,
				async restart() {
					registry.restart();
					await recordChange(paths, {kind: 'restart'});
				},
			}),
		);

		await writePrograms(paths, processes);
		closers.push(() => endDetached(paths.detached, paths.folder, processes));
		const variables = hostVariables(paths, user);
		const ssh = await started(
			startSshHost({port: file.ports.ssh, user, keys, environment: {folder: paths.vm, variables, processes}}),
		);
		await writeClientFiles({
			knownHostsFile: paths.knownHosts,
			configFile: paths.sshConfig,
			privateKeyFile: paths.privateKey,
			keys,
			port: ssh.port,
			user,
		});

		const repositories = await Promise.all(
			Object.entries(scenario.builds).map(
				async ([
					repository,
					{
						pipeline: {name, pushes, runsIn},
					},
				]) => ({
					name,
					store: await openPipelineStore(paths.ciOf(name)),
					pushes: `${registry.host}/${repository}:${pushes.at(-1)}`,
					runsInImage: runsIn.length > 0,
					builds: {repository, tags: pushes},
				}),
			),
		);
		// The agents start last, and the CI has to wake them.
		const agents: ReturnType<typeof startAgent>[] = [];
		const place = drillPlace({
			token: file.ciToken,
			repositories,
			seed,
			speed,
			image: `${registry.host}/${incidentRepository}:${incidentTag}`,
			changed: () => {
				for (const {wake} of agents) {
					wake();
				}
			},
		});
		const ci = await started(startCi({port: file.ports.ci, place}));
		const ports = {registry: registry.port, ssh: ssh.port, ci: ci.port, control: control.port};
		await options.recordPorts(ports);

		for (const {name, store, builds} of repositories) {
			const agent = startAgent(store, {
				registryUrl: registry.url,
				runsIn: {repository: incidentRepository, tag: incidentTag},
				builds,
				credentials,
				seed: commitSeed(seed, name),
				view: () => viewOf(place),
			});
			closers.push(agent.stop);
			agents.push(agent);
		}

		return {
			ports,
			pipelineCounts() {
				const pipelines = repositories.flatMap(({store}) => store.pipelines());
				return {
					manualPipelines: pipelines.filter(
						({event, parent, author}) => event === 'manual' && parent === 0 && author === oncall,
					).length,
					pipelineRestarts: pipelines.filter(({parent}) => parent !== 0).length,
				};
			},
			close,
		};
	} catch (error) {
		await close();
		throw error;
	}
}

/** A program on the pretend host asks this server to restart the registry. */
function startRestartServer(options: {port: number; token: string; restart(): Promise<void>}): Promise<Listener> {
	return listenHttp({
		name: 'control',
		port: options.port,
		async respond(request, response) {
			if (request.headers.authorization !== `Bearer ${options.token}`) {
				response.writeHead(401).end();
			} else if (request.method !== 'POST' || request.url !== '/restart') {
				response.writeHead(404).end();
			} else {
				await options.restart();
				response.writeHead(204).end();
			}
		},
	});
}
