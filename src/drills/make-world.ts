import {randomBytes} from 'node:crypto';
import {mkdir} from 'node:fs/promises';
import {pastPipelines} from './ci/history.ts';
import {createLedger} from './ci/ledger.ts';
import {foundCompany} from './scenarios/company.ts';
import type {Scenario} from './scenarios/scenario.ts';
import {generateKeys} from './ssh/keys.ts';
import {openStore} from './store.ts';
import {writeUpkeep} from './upkeep.ts';
import {clearWorld, type WorldFile, type WorldPlaces} from './world-file.ts';

/** Everything but the ports, which are known once the servers listen; only then is the world written down. */
export async function makeWorld(
	places: WorldPlaces,
	{scenario, seed, speed}: {scenario: Scenario; seed: string; speed: number},
): Promise<WorldFile> {
	await clearWorld(places);
	await mkdir(places.vm, {recursive: true});
	await writeUpkeep(places);
	await mkdir(places.storage, {recursive: true});
	const made = Date.now();
	const store = openStore(places.storage);
	const company = await foundCompany(store, seed);
	const broken = await scenario.break({store, company});
	await createLedger(places.ci, pastPipelines(seed, made));

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
