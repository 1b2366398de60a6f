import {mkdir, readdir, utimes, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {Incident} from '../../src/domain/incident/incident.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {startIncident} from '../../src/incidents/start.ts';
import {plainInvocation} from './plain-invocation.ts';
import {type RealRegistry, startDockerRegistry} from './real.ts';
import {respondWith, type Script} from './real-responder.ts';

/** A registry with its own store, which regmedic can restart, and incidents about its images. */
export type MemoryLab = {
	store: Store;
	registry: RealRegistry;
	host: string;
	/** Sets when everything that is gone was lost, in seconds from now, and all that is there to an hour before. */
	lostAt(seconds: number): Promise<void>;
	/** Responds from a script, and leaves where it has no word. */
	respond(repository: string, script: Script): Promise<Incident>;
	[Symbol.asyncDispose](): Promise<void>;
};

/** @param folder of this lab alone */
export async function openMemoryLab(folder: string): Promise<MemoryLab> {
	const store = openStore(path.join(folder, 'store'));
	await mkdir(path.join(store.base, 'repositories'), {recursive: true});
	await mkdir(path.join(store.base, 'blobs'), {recursive: true});
	const registry = await startDockerRegistry({root: store.root, folder});
	const {host} = registry;
	const restarter = createServer((_request, response) => {
		registry.restart().then(
			() => response.end(),
			() => response.writeHead(500).end(),
		);
	});
	await new Promise<void>(resolve => restarter.listen(0, '127.0.0.1', resolve));
	const restart = `curl -sSf http://127.0.0.1:${(restarter.address() as AddressInfo).port}/`;
	await writeFile(
		path.join(folder, 'regmedic.yaml'),
		JSON.stringify({
			registries: {lab: {url: `http://${host}`, storage: {root: store.root, restart}}},
			images: Object.fromEntries(
				['acme/app', 'acme/base', 'acme/tool'].map(name => [
					name,
					{registry: 'lab', build: {repository: name, branch: 'main'}},
				]),
			),
			// No CI listens there: builds are chosen, and never started.
			woodpecker: {url: 'http://127.0.0.1:1', token: {env: 'CI_TOKEN'}},
		}),
		{mode: 0o600},
	);
	const environment = {
		PATH: process.env.PATH,
		HOME: folder,
		XDG_STATE_HOME: folder,
		XDG_RUNTIME_DIR: folder,
		CI_TOKEN: 'x',
	};
	return {
		store,
		registry,
		host,
		async lostAt(seconds) {
			const lost = Date.now() / 1000 + seconds;
			const entries = await readdir(store.base, {recursive: true, withFileTypes: true});
			// What is there was written before.
			await Promise.all(
				entries.map(entry => {
					const time = entry.isDirectory() ? lost : lost - 3600;
					return utimes(path.join(entry.parentPath, entry.name), time, time);
				}),
			);
		},
		async respond(repository, script) {
			const {session, close} = await startIncident(plainInvocation(folder, environment), {
				runbook: 'orphan-index',
				reference: parseReference(`${host}/${repository}:v1`),
				pace: 'auto',
				dryRun: false,
				another: true,
			});
			return respondWith(session, script).finally(close);
		},
		async [Symbol.asyncDispose]() {
			restarter.closeAllConnections();
			restarter.close();
			await registry.stop();
		},
	};
}
