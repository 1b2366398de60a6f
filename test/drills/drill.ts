import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {type OpenWorldOptions, openWorld, type World} from '../../src/drills/world/world.ts';
import {processes} from '../support/processes.ts';

export type TestWorld = {world: World; folder: string; [Symbol.asyncDispose](): Promise<void>};

/** A world in a folder of its own, at a pace for tests. */
export async function testWorld(options: Partial<OpenWorldOptions> = {}): Promise<TestWorld> {
	const folder = options.folder ?? (await mkdtemp(path.join(tmpdir(), 'regmedic drill-')));
	const world = await openWorld({processes, folder, scenario: 'orphan-index', seed: 'test', speed: 40, ...options});
	return {
		world,
		folder,
		async [Symbol.asyncDispose]() {
			await world.close();
			// The registry may still be storing what a pipeline had begun to push.
			await rm(folder, {recursive: true, force: true, maxRetries: 5});
		},
	};
}

export type CommandResult = {code: number | null; stdout: string; stderr: string};

/** The system's own ssh. */
export async function overSsh({ssh}: World, command: string, input = ''): Promise<CommandResult> {
	const child = spawn('ssh', ['-F', ssh.configFile, ssh.alias, command]);
	const text = {stdout: '', stderr: ''};
	child.stdout.setEncoding('utf8').on('data', chunk => {
		text.stdout += chunk;
	});
	child.stderr.setEncoding('utf8').on('data', chunk => {
		text.stderr += chunk;
	});
	child.stdin.on('error', () => {});
	child.stdin.end(input);
	const [code] = (await once(child, 'close')) as [number | null];
	return {code, ...text};
}

export type PipelineJson = {
	number: number;
	status: string;
	event: string;
	parent: number;
	variables?: Record<string, string>;
	workflows: {state: string; children: {id: number; name: string; state: string; exit_code: number}[]}[];
};

export async function askCi({ci}: World, path: string, init: RequestInit = {}): Promise<Response> {
	return fetch(`${ci.url}${path}`, {...init, headers: {Authorization: `Bearer ${ci.token}`, ...init.headers}});
}

export async function pipeline(world: World, number: number): Promise<PipelineJson> {
	return (await (await askCi(world, `/api/repos/42/pipelines/${number}`)).json()) as PipelineJson;
}

export async function trigger(world: World, body: object = {branch: 'main'}): Promise<PipelineJson> {
	const answer = await askCi(world, '/api/repos/42/pipelines', {method: 'POST', body: JSON.stringify(body)});
	return (await answer.json()) as PipelineJson;
}

/** Asks until a pipeline has ended. */
export async function ended(world: World, number: number): Promise<PipelineJson> {
	const deadline = Date.now() + 10_000;
	for (;;) {
		const now = await pipeline(world, number);
		if (!['pending', 'running'].includes(now.status)) {
			return now;
		}

		if (Date.now() > deadline) {
			throw new Error(`pipeline ${number} is still ${now.status}`);
		}
	}
}

/** @returns the status, and the digests of an index's children */
export async function manifest(world: World, repository: string, reference: string) {
	const {username, password} = world.registryCredentials;
	const answer = await fetch(`${world.registryUrl}/v2/${repository}/manifests/${reference}`, {
		headers: {
			Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
			Accept: 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json',
		},
	});
	const document = (await answer.json()) as {manifests?: {digest: string}[]};
	return {
		status: answer.status,
		digest: answer.headers.get('docker-content-digest'),
		children: (document.manifests ?? []).map(({digest}) => digest),
	};
}

export async function childStatuses(world: World, tag: string): Promise<number[]> {
	const {children} = await manifest(world, world.repository, tag);
	return Promise.all(children.map(async child => (await manifest(world, world.repository, child)).status));
}
