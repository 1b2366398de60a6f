import {execFileSync} from 'node:child_process';
import {chmod, mkdir, mkdtemp, rm, utimes, writeFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createUsageReader, type UsageSource} from '../../../src/adapters/usage/usage.ts';
import {allKinds} from '../../../src/domain/usage/usage.ts';
import {processes} from '../../support/processes.ts';

const image = 'registry.example:5050/infra-ci:latest';
const pods = {
	kind: 'PodList',
	items: [{metadata: {name: 'a', namespace: 'acme'}, spec: {containers: [{name: 'c', image}]}}],
};
const now = new Date('2026-04-19T03:12:00Z');

let folder: string;

beforeAll(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'regmedic usage-'));
});

afterAll(() => rm(folder, {recursive: true}));

function read(source: UsageSource, {PATH = process.env.PATH}: {PATH?: string | undefined} = {}) {
	const environment = {PATH, HOME: folder};
	const reader = createUsageReader({source, hosts: [], environment, processes, clock: {now: () => now}});
	return reader.read({signal: new AbortController().signal});
}

describe('a file', () => {
	it('is as old as its last change, and only what it lists was looked at', async () => {
		const file = path.join(folder, 'pods.json');
		await writeFile(file, JSON.stringify(pods));
		await utimes(file, 1, Date.parse('2026-04-19T02:10:00Z') / 1000);

		expect(await read({file})).toMatchObject({
			at: '2026-04-19T02:10:00.000Z',
			lookedAt: ['pods'],
			uses: [{name: 'acme/a', image}],
		});
	});

	it('that is missing or no JSON is an error, never an empty list', async () => {
		const file = path.join(folder, 'half.json');
		await writeFile(file, '{"kind": "PodList", "items": [');

		await expect(read({file})).rejects.toMatchObject({code: 'workloads.unreadable'});
		await expect(read({file: path.join(folder, 'absent.json')})).rejects.toMatchObject({code: 'workloads.unreadable'});
	});
});

describe('a command', () => {
	it('prints the list', async () => {
		const file = path.join(folder, 'listed.json');
		await writeFile(file, JSON.stringify(pods));

		expect(await read({command: ['cat', file]})).toMatchObject({at: now.toISOString(), uses: [{name: 'acme/a'}]});
	});

	it('that fails, or is absent, is an error with its words', async () => {
		await expect(read({command: ['sh', '-c', 'echo no login >&2; exit 1']})).rejects.toMatchObject({
			code: 'workloads.unreachable',
			message: 'the command sh printed no list: no login',
		});
		await expect(read({command: [path.join(folder, 'absent')]})).rejects.toMatchObject({
			code: 'workloads.no-program',
		});
	});

	it('that leaves a process behind with its pipe open is not waited for', async () => {
		const command = ['sh', '-c', 'sleep 600 & echo later >&2; exit 1'];
		const abort = new AbortController();
		const reader = createUsageReader({
			source: {command},
			hosts: [],
			environment: {PATH: process.env.PATH},
			processes,
			clock: {now: () => now},
		});
		const reading = reader.read({signal: abort.signal});
		abort.abort(new Error('stopped'));

		await expect(reading).rejects.toThrow('stopped');
	});
});

/** What the API of a cluster lists. @param refuses the kinds that it forbids */
function startApi(refuses: readonly string[]): Promise<Server> {
	const groups: Record<string, string[]> = {
		'/api/v1': ['pods Pod'],
		'/apis/apps/v1': [
			'deployments Deployment',
			'statefulsets StatefulSet',
			'daemonsets DaemonSet',
			'replicasets ReplicaSet',
		],
		'/apis/batch/v1': ['cronjobs CronJob', 'jobs Job'],
	};
	const resource = (text: string) => {
		const [name, kind] = text.split(' ');
		return {name, singularName: '', namespaced: true, kind, verbs: ['get', 'list']};
	};
	const answers: Record<string, unknown> = {
		'/api': {kind: 'APIVersions', versions: ['v1']},
		'/apis': {
			kind: 'APIGroupList',
			groups: ['apps', 'batch'].map(name => {
				const version = {groupVersion: `${name}/v1`, version: 'v1'};
				return {name, versions: [version], preferredVersion: version};
			}),
		},
		...Object.fromEntries(
			Object.entries(groups).map(([at, list]) => [
				at,
				{kind: 'APIResourceList', groupVersion: at.replace(/^\/apis?\//, ''), resources: list.map(resource)},
			]),
		),
	};
	const server = createServer((request, response) => {
		const at = new URL(request.url!, 'http://api').pathname;
		const name = path.posix.basename(at);
		const kind = Object.values(groups)
			.flat()
			.find(each => each.startsWith(`${name} `))
			?.split(' ')[1];
		const group = at.split('/')[2];
		const isRefused = refuses.includes(name);
		const body =
			answers[at] ??
			(isRefused
				? {
						kind: 'Status',
						apiVersion: 'v1',
						status: 'Failure',
						message: `${name}.${group} is forbidden: User "ann" cannot list resource "${name}" in API group "${group}" at the cluster scope`,
						reason: 'Forbidden',
						code: 403,
					}
				: {...pods, kind: `${kind}List`, apiVersion: 'v1', metadata: {}, items: name === 'pods' ? pods.items : []});
		response.writeHead(isRefused ? 403 : 200, {'content-type': 'application/json'}).end(JSON.stringify(body));
	});
	return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function hasKubectl(): boolean {
	try {
		execFileSync('kubectl', ['version', '--client'], {stdio: 'ignore'});
		return true;
	} catch {
		return false;
	}
}

/** The program is the real one; the cluster is a stand-in. */
describe.skipIf(!hasKubectl())('kubectl', () => {
	async function readFrom(server: string) {
		const kubeconfig = path.join(folder, `config-${Math.random()}`);
		const config = {
			...{kind: 'Config', apiVersion: 'v1'},
			clusters: [{name: 'prod', cluster: {server}}],
			contexts: [{name: 'prod', context: {cluster: 'prod', user: ''}}],
		};
		await writeFile(kubeconfig, JSON.stringify(config));
		return read({kubectl: {context: 'prod', kubeconfig}});
	}

	async function readWith(refuses: readonly string[]) {
		const server = await startApi(refuses);
		try {
			return await readFrom(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
		} finally {
			server.closeAllConnections();
			server.close();
		}
	}

	it('lists all kinds of workloads', async () => {
		expect(await readWith([])).toMatchObject({
			source: 'kubectl, context prod',
			lookedAt: allKinds,
			notLookedAt: [],
			uses: [{kind: 'Pod', name: 'acme/a', image}],
		});
	});

	it('that may not list a kind says which, and the rest was looked at', async () => {
		const {lookedAt, notLookedAt, uses} = await readWith(['deployments', 'jobs']);

		expect(lookedAt).toEqual(['pods', 'statefulsets', 'daemonsets', 'replicasets', 'cronjobs']);
		expect(notLookedAt).toMatchObject([
			{what: 'deployments', why: expect.stringContaining('Forbidden')},
			{what: 'jobs', why: expect.stringContaining('cannot list resource "jobs"')},
		]);
		expect(uses).toHaveLength(1);
	});

	it('that reaches no cluster has looked at nothing, although it prints an empty list', async () => {
		await expect(readFrom('http://127.0.0.1:1')).rejects.toMatchObject({
			code: 'workloads.unreachable',
			message: expect.stringContaining('was refused'),
		});
	});
});

it('kubectl that is not installed is said', async () => {
	const bin = path.join(folder, 'bin');
	await mkdir(bin);
	await chmod(bin, 0o700);

	await expect(read({kubectl: {}}, {PATH: bin})).rejects.toMatchObject({
		code: 'workloads.no-program',
		exit: 'configuration',
	});
});
