import {recordChange, type WorldCounts} from './change-log.ts';
import {startAgent} from './ci/agent.ts';
import {createChanges} from './ci/changes.ts';
import {createDuties} from './ci/duties.ts';
import {openLedger} from './ci/ledger.ts';
import {startCi} from './ci/server.ts';
import {startControl} from './control.ts';
import {hostVariables, writePrograms} from './host-programs.ts';
import {startRegistry} from './registry/server.ts';
import {endDetached} from './ssh/detached.ts';
import {startSshHost} from './ssh/host.ts';
import {writeClientFiles} from './ssh/keys.ts';
import type {WorldFile, WorldPlaces} from './world-file.ts';

export type Servers = {
	ports: WorldFile['ports'];
	pipelineCounts(): Pick<WorldCounts, 'manualPipelines' | 'pipelineRestarts'>;
	close(): Promise<void>;
};

/** Starts the registry, the SSH host, the CI and its agent; what was started is stopped again if one cannot start. */
export async function startServers(
	places: WorldPlaces,
	file: WorldFile,
	options: {
		repository: string;
		tag: string;
		ciRunsInImage: boolean;
		user: string;
		/** Called when all listen and before anything acts on its own. */
		recordPorts(ports: WorldFile['ports']): Promise<void>;
	},
): Promise<Servers> {
	const {repository, tag, user} = options;
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
				root: places.storage,
				port: file.ports.registry,
				credentials,
				changed: change => recordChange(places, change),
			}),
		);
		const control = await started(
			startControl({
				port: file.ports.control,
				token: file.controlToken,
				async restart() {
					registry.restart();
					await recordChange(places, {change: 'restart'});
				},
			}),
		);

		await writePrograms(places);
		closers.push(() => endDetached(places.detached, places.folder));
		const variables = hostVariables(places, user);
		const ssh = await started(
			startSshHost({port: file.ports.ssh, user, keys, environment: {folder: places.vm, variables}}),
		);
		await writeClientFiles({
			knownHostsFile: places.knownHosts,
			configFile: places.sshConfig,
			privateKeyFile: places.privateKey,
			keys,
			port: ssh.port,
			user,
		});

		const ledger = await openLedger(places.ci);
		const image = `${registry.host}/${repository}:${tag}`;
		const wake = {agent: () => {}};
		const changes = createChanges({
			ledger,
			seed,
			speed,
			image,
			runsInImage: options.ciRunsInImage,
			changed: () => wake.agent(),
		});
		const ci = await started(startCi({port: file.ports.ci, token: file.ciToken, image, ledger, changes}));
		const ports = {registry: registry.port, ssh: ssh.port, ci: ci.port, control: control.port};
		await options.recordPorts(ports);

		const agent = startAgent(ledger, createDuties({registryUrl: registry.url, repository, tag, credentials, seed}));
		closers.push(agent.stop);
		wake.agent = agent.wake;

		return {
			ports,
			pipelineCounts() {
				const pipelines = ledger.pipelines();
				return {
					manualPipelines: pipelines.filter(({event, parent}) => event === 'manual' && parent === 0).length,
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
