import {spawn} from 'node:child_process';
import {randomInt} from 'node:crypto';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {describe} from 'vitest';
import {
	containers,
	isWithoutContainers,
	isWithoutRegistry3,
	locate,
	type RegistryVersion,
	registry3,
	registryProgram,
	registryVersion,
} from './registry-program.ts';

export {locate} from './registry-program.ts';

/**
 * Tests against real servers: skipped where a program is missing, failed if REGMEDIC_REQUIRE_REAL=1. `docker-registry` stands
 * for the version that the tests run on.
 */
export function describeReal(title: string, programs: string[], body: () => void): void {
	const needed =
		registryVersion === '3.1' && programs.includes('docker-registry') ? [...programs, registry3] : programs;
	const missing = needed.filter(program => locate(program) === undefined);

	const mayBeMissing = [...(isWithoutRegistry3 ? [registry3] : []), ...(isWithoutContainers ? [containers] : [])];
	if (missing.some(program => !mayBeMissing.includes(program)) && process.env.REGMEDIC_REQUIRE_REAL === '1') {
		throw new Error(`${title}: missing ${missing.join(', ')}`);
	}

	describe.skipIf(missing.length > 0)(title, body);
}

export async function temporaryFolder(): Promise<{folder: string; [Symbol.asyncDispose](): Promise<void>}> {
	const folder = await mkdtemp(path.join(tmpdir(), 'regmedic-'));
	return {folder, [Symbol.asyncDispose]: () => rm(folder, {recursive: true, force: true})};
}

/** Below Linux's ephemeral ports, so that no outgoing connection takes a port before its server does. */
const ownPorts = {from: 15_000, to: 32_000};
const given = new Set<number>();

/** A free port, never the same twice in one process. */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(ownPorts.from, ownPorts.to);
		if (!given.has(port) && (await isFree(port))) {
			given.add(port);
			return port;
		}
	}
}

async function isFree(port: number): Promise<boolean> {
	const server = createServer();
	const listening = once(server, 'listening').then(
		() => true,
		() => false,
	);
	server.listen(port, '127.0.0.1');
	if (!(await listening)) {
		return false;
	}

	await once(server.close(), 'close');
	return true;
}

export type RealRegistry = {
	host: string;
	config: string;
	restart(): Promise<void>;
	stop(): Promise<void>;
};

/** Runs distribution on a loopback port over this storage folder. */
export async function startDockerRegistry(options: {
	root: string;
	/** By default the one that the tests run on. */
	version?: RegistryVersion;
	port?: number;
	htpasswd?: string;
	readonly?: boolean;
	/** Whether its configuration enables deletes; by default it does. */
	deletes?: boolean;
	/** The address of a Redis that holds its descriptor cache; otherwise the cache is in its memory. */
	redis?: string;
	/** The most names of a page of its catalogue. */
	pageSize?: number;
	/** `REGISTRY_…` variables, which beat its configuration. */
	variables?: Record<string, string>;
	/** The certificates whose tokens it accepts, and the token service that it names to clients without a token. */
	token?: {realm: string; rootcertbundle: string};
	/** Paths of PEM files. With `clientca`, it requires a client certificate signed by this authority. */
	tls?: {certificate: string; key: string; clientca?: string};
	/** A program that starts it: `setpriv --reuid …`. */
	wrapper?: string[];
	/** For its configuration; outside of root. */
	folder: string;
}): Promise<RealRegistry> {
	const {version = registryVersion} = options;
	const port = options.port ?? (await freePort());
	const config = path.join(options.folder, `registry-${port}.json`);
	await writeFile(
		config,
		JSON.stringify({
			version: 0.1,
			log: {level: 'error', accesslog: {disabled: true}},
			storage: {
				filesystem: {rootdirectory: options.root},
				delete: {enabled: options.deletes ?? true},
				cache: {blobdescriptor: options.redis === undefined ? 'inmemory' : 'redis'},
				maintenance: {uploadpurging: {enabled: false}, ...(options.readonly ? {readonly: {enabled: true}} : {})},
			},
			...(options.redis === undefined
				? {}
				: {redis: version === '2.8' ? {addr: options.redis} : {addrs: [options.redis]}}),
			...(options.pageSize && {catalog: {maxentries: options.pageSize}}),
			http: {addr: `127.0.0.1:${port}`, ...(options.tls && {tls: tlsOf(options.tls)})},
			...(options.htpasswd === undefined ? {} : {auth: {htpasswd: {realm: 'acme', path: options.htpasswd}}}),
			...(options.token && {auth: {token: {...options.token, service: 'acme registry', issuer: 'acme'}}}),
		}),
	);
	let child = await serve();

	async function serve() {
		const [program, ...words] = [...(options.wrapper ?? []), registryProgram(version)!, 'serve', config];
		const started = spawn(program!, words, {
			env: {...process.env, ...options.variables},
			stdio: 'ignore',
		});
		for (let tries = 0; tries < 200; tries++) {
			// Go responds to plain HTTP on a TLS port with 400.
			if (
				await fetch(`http://127.0.0.1:${port}/v2/`).then(
					() => true,
					() => false,
				)
			) {
				return started;
			}

			await pause(25);
		}

		started.kill('SIGKILL');
		throw new Error(`registry ${version} did not answer on ${port}`);
	}

	async function stop() {
		if (child.exitCode === null && child.signalCode === null) {
			child.kill('SIGTERM');
			await once(child, 'exit');
		}
	}

	return {
		host: `127.0.0.1:${port}`,
		config,
		stop,
		async restart() {
			await stop();
			child = await serve();
		},
	};
}

function tlsOf({clientca, ...tls}: {certificate: string; key: string; clientca?: string}) {
	return {...tls, ...(clientca === undefined ? {} : {clientcas: [clientca]})};
}
