import {readFileSync} from 'node:fs';
import {appendFile} from 'node:fs/promises';
import {ciAgent} from '../ci/agent.ts';
import {builderAgent} from '../programs/docker-push.ts';
import type {RegistryChange} from '../registry/exchange.ts';
import type {WorldPaths} from './world-file.ts';

type WorldChange = RegistryChange | {kind: 'restart'};

/** What was done to the world, counted from its making on, over all its processes. */
export type WorldCounts = {
	/** Pipelines that a client triggered; restarts are not among them. */
	manualPipelines: number;
	pipelineRestarts: number;
	/** Runs of `docker build` on the pretend host. */
	builds: number;
	/** Manifests that the registry accepted, without those that a build of this drill pushed. */
	manifestPuts: number;
	/** Restarts of the registry by the restart command. */
	restarts: number;
};

/** The change is on the disk before the registry responds. */
export async function recordChange({changes}: WorldPaths, change: WorldChange): Promise<void> {
	await appendFile(changes, `${JSON.stringify(change)}\n`);
}

export function countChanges({changes, builds}: WorldPaths): Pick<WorldCounts, 'builds' | 'manifestPuts' | 'restarts'> {
	const recorded = linesOf(changes).map(line => JSON.parse(line) as WorldChange);
	return {
		builds: linesOf(builds).length,
		manifestPuts: recorded.filter(
			entry => entry.kind === 'manifest-put' && ![builderAgent, ciAgent].includes(entry.agent),
		).length,
		restarts: recorded.filter(({kind}) => kind === 'restart').length,
	};
}

function linesOf(file: string): string[] {
	try {
		return readFileSync(file, 'utf8').split('\n').filter(Boolean);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return [];
		}

		throw error;
	}
}
