import {readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {writeAtomically} from './atomic-file.ts';
import type {BasicCredentials} from './registry/authorization.ts';
import type {DrillKeys} from './ssh/keys.ts';

/** What a drill has to remember in order to be opened again. Written last when a world is made. */
export type WorldFile = {
	version: 1;
	scenario: string;
	seed: string;
	speed: number;
	/** Milliseconds since 1970. */
	made: number;
	ports: {registry: number; ssh: number; ci: number; control: number};
	keys: DrillKeys;
	registryCredentials: BasicCredentials;
	ciToken: string;
	controlToken: string;
	broken: Broken;
};

/** What a scenario damaged, for tests and the debriefing. */
export type Broken = {repository: string; tags: string[]; digests: string[]; remedy: 'rebuild' | 'relink'};

export type WorldPlaces = ReturnType<typeof placesIn>;

export function placesIn(folder: string) {
	const vm = path.join(folder, 'vm');
	return {
		folder,
		world: path.join(folder, 'world.json'),
		storage: path.join(folder, 'registry'),
		ci: path.join(folder, 'ci.json'),
		/** One line a change: who put a manifest, when the registry was restarted. */
		changes: path.join(folder, 'changes.jsonl'),
		vm,
		builds: path.join(vm, 'docker-builds'),
		detached: path.join(vm, 'detached'),
		bin: path.join(folder, 'bin'),
		knownHosts: path.join(folder, 'known_hosts'),
		sshConfig: path.join(folder, 'ssh_config'),
		privateKey: path.join(folder, 'id_ed25519'),
	};
}

/** Undefined: there is no world, or its making was cut short. */
export async function readWorld({world}: Pick<WorldPlaces, 'world'>): Promise<WorldFile | undefined> {
	const text = await readFile(world, 'utf8').catch((error: NodeJS.ErrnoException) => {
		if (error.code === 'ENOENT') {
			return undefined;
		}

		throw error;
	});
	return text === undefined ? undefined : (JSON.parse(text) as WorldFile);
}

export async function writeWorld({world}: WorldPlaces, file: WorldFile): Promise<void> {
	await writeAtomically(world, JSON.stringify(file, null, '\t'));
}

/** Clears away what a cut-short making left: our own files only. */
export async function clearWorld(places: WorldPlaces): Promise<void> {
	const {storage, ci, changes, vm, bin, knownHosts, sshConfig, privateKey} = places;
	for (const file of [storage, ci, changes, vm, bin, knownHosts, sshConfig, privateKey]) {
		await rm(file, {recursive: true, force: true});
	}
}
