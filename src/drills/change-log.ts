import {readFileSync} from 'node:fs';
import {appendFile} from 'node:fs/promises';
import {ciAgent} from './ci/duties.ts';
import {builderAgent} from './programs/docker-push.ts';
import type {RegistryChange} from './registry/exchange.ts';
import type {WorldPlaces} from './world-file.ts';

export type WorldChange = RegistryChange | {change: 'restart'};

/** What happened to the world, counted over all its lives. */
export type WorldCounts = {
	/** Pipelines somebody triggered; restarts are not among them. */
	manualPipelines: number;
	pipelineRestarts: number;
	/** `docker build` on the pretend host. */
	builds: number;
	/** Accepted by the registry, without what a build of this drill pushed. */
	manifestPuts: number;
	/** Of the registry, by the restart command. */
	restarts: number;
};

/** On the disk before the answer goes out. */
export async function recordChange({changes}: WorldPlaces, change: WorldChange): Promise<void> {
	await appendFile(changes, `${JSON.stringify(change)}\n`);
}

export function countChanges({
	changes,
	builds,
}: WorldPlaces): Pick<WorldCounts, 'builds' | 'manifestPuts' | 'restarts'> {
	const recorded = linesOf(changes).map(line => JSON.parse(line) as WorldChange);
	return {
		builds: linesOf(builds).length,
		manifestPuts: recorded.filter(
			entry => entry.change === 'manifest-put' && ![builderAgent, ciAgent].includes(entry.agent),
		).length,
		restarts: recorded.filter(({change}) => change === 'restart').length,
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
