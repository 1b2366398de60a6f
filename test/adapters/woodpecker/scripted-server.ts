import {once} from 'node:events';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {WoodpeckerOptions} from '../../../src/adapters/woodpecker/http.ts';
import {createWoodpecker} from '../../../src/adapters/woodpecker/woodpecker.ts';
import type {Ci} from '../../../src/engine/ports/ci.ts';

export type Reply = (
	request: {url: URL; body: string; headers: IncomingMessage['headers']},
	response: ServerResponse,
) => void;

export type Scripted = {
	url: string;
	/** `METHOD /path`, in order, without queries. */
	requests: string[];
	bodies: string[];
	posts(): number;
	client(options?: Partial<WoodpeckerOptions>): Ci;
	[Symbol.asyncDispose](): Promise<void>;
};

export const order = {
	repository: 'acme/infra',
	branch: 'master',
	requestId: 'inc-1',
	since: '2026-08-27T09:00:00.000Z',
};
export const repository = {id: 7, full_name: 'acme/infra', active: true};

/** What a healthy server answers before anything is triggered. */
export const healthy: Record<string, Reply> = {
	'GET /api/user': json({id: 1, login: 'octocat'}),
	'GET /api/repos/lookup/acme/infra': json(repository),
	'GET /api/repos/7/permissions': json({pull: true, push: true, admin: false}),
	'GET /api/repos/7/branches': ({url}, response) =>
		json(url.searchParams.get('page') === '1' ? ['main', 'master'] : [])({url, body: '', headers: {}}, response),
	'GET /api/repos/7/pipelines': json([]),
};

/** Unknown routes answer like the server: the web page, 200, whatever the method. */
export async function scripted(routes: Record<string, Reply>): Promise<Scripted> {
	const requests: string[] = [];
	const bodies: string[] = [];
	const clients: Ci[] = [];

	const server = createServer(async (request, response) => {
		const url = new URL(request.url!, 'http://scripted');
		const route = `${request.method} ${url.pathname}`;
		requests.push(route);
		let body = '';
		for await (const chunk of request) {
			body += chunk;
		}

		if (request.method === 'POST') {
			bodies.push(body);
		}

		(routes[route] ?? html)({url, body, headers: request.headers}, response);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

	return {
		url,
		requests,
		bodies,
		posts: () => requests.filter(route => route.startsWith('POST')).length,
		client(options = {}) {
			const client = createWoodpecker({url, token: async () => 'good', sleep: async () => {}, ...options});
			clients.push(client);
			return client;
		},
		async [Symbol.asyncDispose]() {
			await Promise.all(clients.map(client => client.close()));
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Reply {
	return (_, response) => {
		response.writeHead(status, {'content-type': 'application/json; charset=utf-8', ...headers});
		response.end(JSON.stringify(value));
	};
}

export function empty(status: number, headers: Record<string, string> = {}): Reply {
	return (_, response) => response.writeHead(status, headers).end();
}

export function plain(status: number, text: string): Reply {
	return (_, response) => response.writeHead(status, {'content-type': 'text/plain; charset=utf-8'}).end(text);
}

export const html: Reply = (_, response) =>
	response.writeHead(200, {'content-type': 'text/html; charset=utf-8'}).end('<!doctype html><title>Woodpecker</title>');

/** One after the other; the last one stays. */
export function inTurn(...replies: Reply[]): Reply {
	let turn = 0;
	return (request, response) => replies[Math.min(turn++, replies.length - 1)]!(request, response);
}

/** @see reference: a pipeline of a 3.x server, shortened */
export function pipeline(fields: Record<string, unknown> = {}): Record<string, unknown> {
	return {
		id: 20330,
		number: 15,
		author: 'octocat',
		parent: 0,
		event: 'manual',
		event_reason: null,
		status: 'pending',
		errors: null,
		created: 1_787_823_080,
		updated: 1_787_823_080,
		started: 0,
		finished: 0,
		commit: '01aeae08c59f9c2ae4b02da88e87bc5f191fbed3',
		branch: 'master',
		title: '',
		message: 'MANUAL PIPELINE @ master',
		variables: {REGMEDIC_REQUEST_ID: 'inc-1'},
		...fields,
	};
}

export function workflow(state: string, steps: Record<string, unknown>[], name = 'build'): Record<string, unknown> {
	return {id: 1, pid: 1, name, state, children: steps};
}

/** @throws what a promise rejects with, as a value */
export async function rejection(
	promise: Promise<unknown>,
): Promise<{code?: string; exit?: string; hint?: string; message: string}> {
	try {
		await promise;
	} catch (error) {
		return error as {message: string};
	}

	throw new Error('it did not reject');
}
