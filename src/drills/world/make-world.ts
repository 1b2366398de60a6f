import {randomBytes} from 'node:crypto';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {pastPipelines} from '../ci/past-pipelines.ts';
import {createPipelineStore} from '../ci/pipeline-store.ts';
import {openStore} from '../images/store.ts';
import type {Scenario} from '../scenarios/scenario.ts';
import {generateKeys} from '../ssh/keys.ts';
import {writeHostFiles} from './host-files.ts';
import {clearWorld, type WorldFile, type WorldPaths} from './world-file.ts';

/** Makes everything but the ports, which are known once the servers listen; only then is the world file written. */
export async function makeWorld(
	paths: WorldPaths,
	{scenario, seed, speed}: {scenario: Scenario; seed: string; speed: number},
): Promise<WorldFile> {
	await clearWorld(paths);
	await mkdir(paths.vm, {recursive: true});
	await writeHostFiles(paths);
	await mkdir(paths.storage, {recursive: true});
	const made = Date.now();
	const broken = await scenario.make(openStore(paths.storage), seed);
	for (const [repository, {pipeline}] of Object.entries(scenario.builds)) {
		const file = paths.ciOf(pipeline.name);
		await mkdir(path.dirname(file), {recursive: true});
		await createPipelineStore(file, pastPipelines({repository, pipeline, seed, now: made, speed}));
	}

	return {
		version: 1,
		scenario: scenario.name,
		seed,
		speed,
		made,
		ports: {registry: 0, ssh: 0, ci: 0, control: 0},
		keys: generateKeys(),
		registryCredentials: {username: 'drill', password: randomBytes(18).toString('base64url')},
		ciToken: randomBytes(24).toString('base64url'),
		controlToken: randomBytes(24).toString('base64url'),
		broken,
	};
}
