import {readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {writeAtomically} from '../disk.ts';
import type {BasicCredentials} from '../registry/authorization.ts';
import type {Damage} from '../scenarios/scenario.ts';
import type {DrillKeys} from '../ssh/keys.ts';

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
	broken: Damage;
};

/** The files and folders of one drill. */
export type WorldPaths = ReturnType<typeof worldPaths>;

export function worldPaths(folder: string) {
	const vm = path.join(folder, 'vm');
	return {
		folder,
		world: path.join(folder, 'world.json'),
		storage: path.join(folder, 'registry'),
		ci: path.join(folder, 'ci.json'),
		otherCi: path.join(folder, 'ci'),
		/** The pipelines of `acme/NAME`. */
		ciOf: (name: string) => (name === 'infra' ? path.join(folder, 'ci.json') : path.join(folder, 'ci', `${name}.json`)),
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

/** @returns undefined when there is no world, or its making was interrupted */
export async function readWorld({world}: Pick<WorldPaths, 'world'>): Promise<WorldFile | undefined> {
	const text = await readFile(world, 'utf8').catch((error: NodeJS.ErrnoException) => {
		if (error.code === 'ENOENT') {
			return undefined;
		}

		throw error;
	});
	return text === undefined ? undefined : (JSON.parse(text) as WorldFile);
}

export async function writeWorld({world}: WorldPaths, file: WorldFile): Promise<void> {
	await writeAtomically(world, JSON.stringify(file, null, '\t'));
}

/** Removes what an interrupted making left: the drill's own files only. */
export async function clearWorld(paths: WorldPaths): Promise<void> {
	const {storage, ci, otherCi, changes, vm, bin, knownHosts, sshConfig, privateKey} = paths;
	for (const file of [storage, ci, otherCi, changes, vm, bin, knownHosts, sshConfig, privateKey]) {
		await rm(file, {recursive: true, force: true});
	}
}
