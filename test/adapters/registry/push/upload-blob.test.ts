import {randomBytes} from 'node:crypto';
import type {IncomingMessage} from 'node:http';
import {expect, test} from 'vitest';
import {digestOf} from '../../../../src/drills/images/image.ts';
import {connect, listen, specError} from '../server.ts';

const {signal} = new AbortController();
const bytes = randomBytes(9 * 1024 * 1024);
const digest = digestOf(bytes);
const blob = {digest, size: bytes.length};
const uploads = '/v2/acme/app/blobs/uploads/';

async function* inChunks(data: Buffer, length = 100_000) {
	for (let at = 0; at < data.length; at += length) {
		yield data.subarray(at, at + length);
	}
}

/** Takes uploads as 2.8 does; `answer` may say otherwise first. */
async function uploadServer(answer: (request: IncomingMessage) => number | 'cut' | undefined = () => undefined) {
	const received: Buffer[] = [];
	const server = await listen(async (request, response) => {
		const body = Buffer.concat(await request.toArray());
		const status = answer(request);
		if (status === 'cut') {
			request.socket.resetAndDestroy();
		} else if (status !== undefined) {
			response.writeHead(status).end(specError('DIGEST_INVALID', 'It does not match.'));
		} else {
			received.push(body);
			const usual = {POST: 202, PATCH: 202, PUT: 201, DELETE: 204}[request.method!];
			// Another name for itself, as behind a proxy that hides TLS.
			response
				.writeHead(usual!, {
					location: `http://inside.example${uploads}1?_state=s${received.length}`,
					'content-length': 0,
				})
				.end();
		}
	});
	return {...server, received, said: () => server.requests.map(({method, url}) => `${method} ${url}`)};
}

test('a blob is sent in chunks to the Location of each response, and stored by the last request', async () => {
	await using server = await uploadServer();
	await using registry = connect(server);
	let reported = 0;

	const answer = await registry.uploadBlob('acme/app', blob, inChunks(bytes), {
		signal,
		onBytes: count => {
			reported += count;
		},
	});

	expect(answer).toEqual({state: 'stored', digest, status: 201});
	expect(server.said()).toEqual([
		`POST ${uploads}`,
		`PATCH ${uploads}1?_state=s1`,
		`PATCH ${uploads}1?_state=s2`,
		`PUT ${uploads}1?_state=s3&digest=${encodeURIComponent(digest)}`,
	]);
	expect(Buffer.concat(server.received).equals(bytes)).toBe(true);
	expect(server.requests.slice(1, 3).map(({headers}) => headers['content-range'])).toEqual([
		'0-8388607',
		`8388608-${bytes.length - 1}`,
	]);
	expect(reported).toBe(bytes.length);
	expect(registry.records.map(({url}) => url).join()).not.toContain('_state');
});

test('bytes that do not hash to the digest are never stored, and the upload is cancelled', async () => {
	await using server = await uploadServer();
	await using registry = connect(server);
	const other = Buffer.concat([bytes.subarray(1), Buffer.from('x')]);

	await expect(registry.uploadBlob('acme/app', blob, inChunks(other), {signal})).rejects.toMatchObject({
		code: 'blob.wrong-digest',
		message: expect.stringContaining('Nothing was stored'),
	});
	expect(server.requests.map(({method}) => method)).toEqual(['POST', 'PATCH', 'PATCH', 'DELETE']);
});

test.each<[string, number]>([
	['POST', 405],
	['POST', 500],
	['PATCH', 416],
	['PATCH', 500],
	['PUT', 400],
])('a %s that gets %i is rejected: nothing is stored', async (method, status) => {
	await using server = await uploadServer(request => (request.method === method ? status : undefined));
	await using registry = connect(server);

	expect(await registry.uploadBlob('acme/app', blob, inChunks(bytes), {signal})).toMatchObject({
		state: 'rejected',
		status,
		detail: 'It does not match.',
	});
	expect(server.requests.at(-1)!.method).toBe(method === 'POST' ? 'POST' : 'DELETE');
});

test('only the last response, if lost, leaves open whether the blob was stored', async () => {
	for (const [method, code] of [
		['PATCH', 'registry.unreachable'],
		['PUT', 'effect.unknown'],
	]) {
		await using server = await uploadServer(request => (request.method === method ? 'cut' : undefined));
		await using registry = connect(server);

		await expect(registry.uploadBlob('acme/app', blob, inChunks(bytes), {signal})).rejects.toMatchObject({code});
		expect(server.requests.filter(request => request.method === method)).toHaveLength(1);
	}
});

test('an aborted upload ends at once, and is cancelled at the registry', async () => {
	await using server = await uploadServer();
	await using registry = connect(server);
	const stop = new AbortController();

	const upload = registry.uploadBlob('acme/app', blob, inChunks(bytes), {
		signal: stop.signal,
		onBytes: () => stop.abort(new Error('enough')),
	});

	await expect(upload).rejects.toThrow('enough');
	expect(server.requests.map(({method}) => method)).toEqual(['POST', 'PATCH', 'DELETE']);
});

test('a mount is one request; a 202 is no mount, and its upload is cancelled', async () => {
	const answers = [201, 202, 404];
	await using server = await listen((request, response) => {
		const status = request.method === 'POST' ? answers.shift()! : 204;
		response
			.writeHead(status, {location: `${uploads}7?_state=s`})
			.end(status === 404 ? specError('X', 'No such name.') : '');
	});
	await using registry = connect(server);
	const mount = () => registry.mountBlob('acme/app', digest, 'acme/base', {signal});

	expect(await mount()).toEqual({state: 'stored', digest, status: 201});
	expect(await mount()).toEqual({state: 'not-mounted', status: 202});
	expect(await mount()).toEqual({state: 'rejected', status: 404, detail: 'No such name.'});
	expect(server.requests.map(({method, url}) => `${method} ${url}`)).toEqual([
		`POST ${uploads}?mount=${digest}&from=acme/base`,
		`POST ${uploads}?mount=${digest}&from=acme/base`,
		`DELETE ${uploads}7?_state=s`,
		`POST ${uploads}?mount=${digest}&from=acme/base`,
	]);
});

test.each(['cut', 500, 200] as const)('a mount that gets %s leaves it open, and is not retried', async how => {
	await using server = await uploadServer(() => how);
	await using registry = connect(server);

	await expect(registry.mountBlob('acme/app', digest, 'acme/base', {signal})).rejects.toMatchObject({
		code: 'effect.unknown',
	});
	expect(server.requests).toHaveLength(1);
});

test('a mount requests a token for both repositories, which only allows to pull from the other', async () => {
	const scopes: string[][] = [];
	await using server = await listen((request, response) => {
		const url = new URL(request.url!, 'http://x');
		if (url.pathname === '/token') {
			scopes.push(url.searchParams.getAll('scope'));
			response.end(JSON.stringify({token: 'good', expires_in: 300}));
		} else if (request.headers.authorization === 'Bearer good') {
			response.writeHead(201).end();
		} else {
			const greedy = url.search.includes('from=greedy') ? ',push' : '';
			// 2.8 names them in any order.
			const scope = `repository:${url.searchParams.get('from')}:pull${greedy} repository:acme/app:push,pull`;
			response
				.writeHead(401, {'www-authenticate': `Bearer realm="http://${server.host}/token",service="s",scope="${scope}"`})
				.end();
		}
	});

	for (const from of ['acme/base', 'greedy']) {
		await using registry = connect(server);
		await registry.mountBlob('acme/app', digest, from, {signal});
	}

	expect(scopes).toEqual([
		['repository:acme/base:pull', 'repository:acme/app:push,pull'],
		['repository:acme/app:pull,push', 'repository:greedy:pull'],
	]);
});

test('without the right to pull from the other repository the blob is not mounted', async () => {
	await using server = await uploadServer(() => 403);
	await using registry = connect(server);

	expect(await registry.mountBlob('acme/app', digest, 'acme/base', {signal})).toEqual({
		state: 'not-mounted',
		status: 403,
	});
});
