import {once} from 'node:events';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {text} from 'node:stream/consumers';
import {afterEach, expect, it} from 'vitest';
import {type Push, pushMetrics} from '../../../src/adapters/metrics/pushgateway.ts';
import {metricsOf} from '../../../src/domain/probe/metrics.ts';
import {reportWith} from '../../support/probe-reports.ts';
import {freePort} from '../../support/real.ts';

type Heard = {method: string; url: string; body: string; authorization: string | undefined};

let server: Server | undefined;
const metrics = metricsOf(reportWith());

afterEach(() => {
	server?.closeAllConnections();
	server?.close();
	server = undefined;
});

async function serve(...answers: ((response: ServerResponse, request: IncomingMessage) => void)[]) {
	const heard: Heard[] = [];
	server = createServer(async (request, response) => {
		const {method = '', url = '', headers} = request;
		heard.push({method, url, body: await text(request), authorization: headers.authorization});
		answers[Math.min(heard.length, answers.length) - 1]!(response, request);
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {heard, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)};
}

const status =
	(code: number, body = '') =>
	(response: ServerResponse) =>
		void response.writeHead(code).end(body);
const push = (url: URL, more: Partial<Push> = {}) =>
	pushMetrics(metrics, {
		url,
		job: 'probe',
		labels: {instance: 'registry.example:5050'},
		keepsRest: false,
		signal: new AbortController().signal,
		sleep: async () => {},
		...more,
	});

it('a push replaces its whole group, or only the metrics of the same names', async () => {
	const {url, heard} = await serve(status(200), status(202));

	await push(url);
	await push(url, {keepsRest: true});

	expect(heard.map(({method, url: path}) => `${method} ${path}`)).toEqual([
		'PUT /metrics/job/probe/instance/registry.example:5050',
		'POST /metrics/job/probe/instance/registry.example:5050',
	]);
	expect(heard[0]!.body).toContain('registry_manifest_integrity_failures{instance="registry.example:5050"} 0\n');
	expect(heard[0]!.authorization).toBeUndefined();
});

it('a push is retried when the server or its proxy fails, at most three times', async () => {
	const passing = await serve(status(503), (_, request) => request.socket.destroy(), status(200));
	await push(passing.url);
	expect(passing.heard).toHaveLength(3);
	server!.close();

	const failing = await serve(status(502, '<html>Bad Gateway</html>'));
	await expect(push(failing.url)).rejects.toMatchObject({
		code: 'push.failed',
		exit: 'failed',
		message: expect.stringMatching(/responded 502\.$/),
	});
	expect(failing.heard).toHaveLength(3);
});

it('rejected metrics are not retried, and the error gives the reason of the server', async () => {
	const {url, heard} = await serve(status(400, 'pushed metrics are invalid or inconsistent\nwith existing metrics\n'));

	await expect(push(url)).rejects.toMatchObject({
		code: 'push.rejected',
		exit: 'failed',
		message: expect.stringContaining('(400): pushed metrics are invalid or inconsistent with existing metrics.'),
	});
	expect(heard).toHaveLength(1);
});

it('a redirect is not followed, and no credentials go elsewhere', async () => {
	const {url, heard} = await serve(response => void response.writeHead(307, {location: '/elsewhere'}).end());

	await expect(push(url, {credentials: {username: 'nora', password: 'right'}})).rejects.toMatchObject({
		code: 'push.rejected',
	});
	expect(heard).toHaveLength(1);
});

it('a push sends its credentials', async () => {
	const {url, heard} = await serve(status(200), status(401));
	const credentials = {username: 'nora', password: 'right'};

	await push(url, {credentials});
	expect(heard[0]!.authorization).toBe(`Basic ${Buffer.from('nora:right').toString('base64')}`);
	await expect(push(url, {credentials})).rejects.toMatchObject({
		code: 'push.unauthorized',
		hint: expect.stringContaining('PUSHGATEWAY_PASSWORD'),
	});
});

it('a Pushgateway that does not listen is a failed run', async () => {
	const url = new URL(`http://127.0.0.1:${await freePort()}`);

	await expect(push(url)).rejects.toMatchObject({
		code: 'push.failed',
		exit: 'failed',
		message: expect.stringContaining('ECONNREFUSED'),
	});
});

it('the signal stops a push that waits for a response', async () => {
	const stop = new AbortController();
	const reason = new Error('ctrl-c');
	const {url} = await serve(() => stop.abort(reason));

	await expect(push(url, {signal: stop.signal})).rejects.toBe(reason);
});
