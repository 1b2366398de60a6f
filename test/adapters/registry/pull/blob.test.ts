import type {IncomingMessage, ServerResponse} from 'node:http';
import {expect, test} from 'vitest';
import {blobOf} from '../../../../src/drills/images/image.ts';
import type {BlobDepth} from '../../../../src/engine/ports/registry.ts';
import {connect, listen, specError} from '../server.ts';

const {digest, bytes} = blobOf('a layer of some length');
const size = bytes.length;
const blob = {digest, size};
const {signal} = new AbortController();

/** As Go's http.ServeContent answers. */
function serve(request: IncomingMessage, response: ServerResponse, content = bytes, promised = content.length): void {
	if (request.headers.range === undefined) {
		response.writeHead(200, {'content-length': promised});
		response.write(content, () => content.length < promised && response.socket?.end());
		if (content.length === promised) {
			response.end();
		}
		return;
	}

	const at = request.headers.range === 'bytes=0-0' ? 0 : promised - 1;
	response.writeHead(206, {'content-range': `bytes ${at}-${at}/${promised}`, 'content-length': 1});
	response.flushHeaders();
	if (at < content.length) {
		response.end(content.subarray(at, at + 1));
	} else {
		response.socket?.end();
	}
}

async function judge(
	depth: BlobDepth,
	answer: (request: IncomingMessage, response: ServerResponse) => void,
	of = blob,
) {
	await using server = await listen(answer);
	await using registry = connect(server);
	const judged = await registry.blob('acme/app', of, depth, {signal});
	return {...judged, requests: server.requests.map(({method, headers}) => headers.range ?? method)};
}

test.each([
	['head', ['HEAD']],
	['edge', ['bytes=-1']],
	['content', ['GET']],
] as const)('a healthy blob is present at depth %s with one request', async (depth, requests) => {
	expect(await judge(depth, (request, response) => serve(request, response))).toMatchObject({
		state: 'present',
		requests,
	});
});

test('HEAD keeps its connections', async () => {
	await using server = await listen((_, response) => response.writeHead(200, {'content-length': size}).end());
	await using registry = connect(server);

	for (let n = 0; n < 8; n++) {
		await registry.blob('acme/app', blob, 'head', {signal});
	}

	// Undici takes a second one when the first has just been read to its end.
	expect(server.connections()).toBeLessThanOrEqual(2);
});

test('neither a HEAD nor a range that says no is believed: the plain GET decides and gives the reason', async () => {
	const gone = await judge('head', (_, response) =>
		response
			.writeHead(404, {'content-type': 'application/json'})
			.end(specError('BLOB_UNKNOWN', 'blob unknown to registry')),
	);
	const short = await judge('head', (request, response) => serve(request, response, bytes.subarray(0, 4)));

	expect(gone).toEqual({
		state: 'missing',
		status: 404,
		detail: 'blob unknown to registry',
		requests: ['HEAD', 'bytes=-1', 'GET'],
	});
	expect(short).toMatchObject({state: 'truncated', requests: ['HEAD', 'bytes=-1', 'GET']});
});

test.each(['head', 'edge', 'content'] as const)(
	'whole data of another size than the manifest states is missized at depth %s',
	async depth => {
		await using server = await listen((request, response) => serve(request, response));
		await using registry = connect(server);

		for (const stated of [0, 1, size + 1]) {
			expect(await registry.blob('acme/app', {...blob, size: stated}, depth, {signal})).toMatchObject({
				state: 'missized',
			});
		}
	},
);

test('the total of a range shows whether a blob is emptied, truncated or too long', async () => {
	const total = (contentRange: string) =>
		judge('edge', (_, response) => response.writeHead(206, {'content-range': contentRange}).end());

	expect(await total('bytes 0--1/0')).toMatchObject({state: 'empty', status: 206});
	expect(await total('bytes 4-4/5')).toMatchObject({
		state: 'truncated',
		detail: `it has 5 bytes instead of ${size} bytes`,
	});
	expect(await total(`bytes ${size}-${size}/${size + 1}`)).toMatchObject({state: 'truncated'});
});

test('416 means that the blob has no last byte where it says so, or where the plain GET is empty as well', async () => {
	const answer416 = (headers: Record<string, string>, content: Buffer, of = blob) =>
		judge(
			'edge',
			(request, response) =>
				request.headers.range === undefined
					? serve(request, response, content)
					: response.writeHead(416, headers).end(),
			of,
		);
	const nothing = Buffer.alloc(0);

	expect(await answer416({'content-range': 'bytes */0'}, nothing)).toMatchObject({state: 'empty', status: 416});
	expect(await answer416({'content-range': `bytes */${size - 1}`}, nothing)).toMatchObject({state: 'truncated'});
	expect(await answer416({}, nothing)).toMatchObject({state: 'empty', status: 200});
	expect(await answer416({}, bytes)).toMatchObject({state: 'present'});
	expect(await answer416({'content-range': 'bytes */0'}, nothing, {...blobOf(''), size: 0})).toMatchObject({
		state: 'present',
	});
	expect(await answer416({}, nothing, {...blobOf(''), size: 0})).toMatchObject({state: 'present'});
});

test('a promised byte that arrives on a fresh connection means that the blob is present', async () => {
	let cuts = 1;
	const judged = await judge('edge', (request, response) =>
		serve(request, response, cuts-- > 0 ? Buffer.alloc(0) : bytes, size),
	);

	expect(judged).toMatchObject({state: 'present', requests: ['bytes=-1', 'bytes=-1']});
});

test('a promised byte that never arrives is not served, which is neither a network error nor an empty blob', async () => {
	const nothing = await judge('edge', (request, response) => serve(request, response, Buffer.alloc(0), size));
	const half = await judge('edge', (request, response) => serve(request, response, bytes.subarray(0, 9), size));

	expect(nothing).toMatchObject({state: 'unserved', detail: `the registry promises ${size} bytes and delivers none`});
	expect(half).toMatchObject({state: 'unserved', requests: ['bytes=-1', 'bytes=-1', 'GET']});
});

test('a registry that goes away between two requests is unreachable, and the blob is not called damaged', async () => {
	let requests = 0;
	await using server = await listen((request, response) => {
		if (requests++ === 0) {
			serve(request, response, Buffer.alloc(0), size);
		} else {
			request.socket.resetAndDestroy();
		}
	});
	await using registry = connect(server);

	await expect(registry.blob('acme/app', blob, 'edge', {signal})).rejects.toMatchObject({code: 'registry.unreachable'});
});

test('a server without range support sends the whole blob, which is hashed', async () => {
	const all = (content: Buffer, promised = content.length) =>
		judge('edge', (request, response) => {
			delete request.headers.range;
			serve(request, response, content, promised);
		});

	expect(await all(bytes)).toMatchObject({state: 'present', status: 200});
	expect(await all(Buffer.alloc(0))).toMatchObject({state: 'empty'});
	expect(await all(bytes.subarray(1))).toMatchObject({state: 'truncated'});
	expect(await all(bytes.subarray(1), size)).toMatchObject({state: 'unserved'});
});

test.each(['bytes */7', 'items 0-0/1', ''])(
	'after a Content-Range of "%s" the blob is requested by the number of its last byte, and then without a range',
	async contentRange => {
		const judged = await judge('edge', (request, response) => {
			if (request.headers.range === undefined) {
				serve(request, response);
			} else {
				response.writeHead(206, contentRange === 'bytes */7' ? {} : {'content-range': contentRange}).end('x');
			}
		});

		expect(judged).toMatchObject({state: 'present', requests: ['bytes=-1', `bytes=${size - 1}-${size - 1}`, 'GET']});
	},
);

test('content depth hashes: the same length with other bytes is corrupt', async () => {
	const other = Buffer.alloc(size, 'x');

	expect(await judge('content', (request, response) => serve(request, response, other))).toMatchObject({
		state: 'corrupt',
	});
	expect(await judge('edge', (request, response) => serve(request, response, other))).toMatchObject({state: 'present'});
});

test('content that is cut off although its last byte is served is a network error', async () => {
	await using server = await listen((request, response) => {
		if (request.headers.range === undefined) {
			response.writeHead(200, {'content-length': size}).write(bytes.subarray(0, 5), () => request.socket.end());
		} else {
			serve(request, response);
		}
	});
	await using registry = connect(server);

	await expect(registry.blob('acme/app', blob, 'content', {signal})).rejects.toMatchObject({code: 'registry.cut-off'});
});

test('bytes are reported as they arrive, and not again when a retry repeats them', async () => {
	let cuts = 1;
	const counts: number[] = [];
	await using server = await listen((request, response) => {
		if (request.headers.range !== undefined || cuts-- > 0) {
			serve(request, response, request.headers.range ? bytes : bytes.subarray(0, 9), size);
		} else {
			response.write(bytes.subarray(0, 4));
			response.end(bytes.subarray(4));
		}
	});
	await using registry = connect(server);

	const judged = await registry.blob('acme/app', blob, 'content', {signal, onBytes: count => counts.push(count)});

	expect(judged).toMatchObject({state: 'present'});
	expect(counts).toEqual([9, size - 9]);
});

test('a blob without a Content-Length that ends too early is requested again before it is called truncated', async () => {
	let cuts = 1;
	await using server = await listen((request, response) => {
		if (request.headers.range !== undefined) {
			serve(request, response, bytes, size);
		} else {
			response.write(bytes.subarray(0, 4));
			response.end(cuts-- > 0 ? undefined : bytes.subarray(4));
		}
	});
	await using registry = connect(server);

	expect(await registry.blob('acme/app', blob, 'content', {signal})).toMatchObject({state: 'present'});
});

test('a blob that the registry fails on without a reason is requested three times over a pause, also without a range', async () => {
	await using server = await listen((_, response) => response.writeHead(500).end(specError('UNKNOWN', 'bad luck')));
	await using registry = connect(server);

	expect(await registry.blob('acme/app', blob, 'edge', {signal})).toMatchObject({
		state: 'unserved',
		status: 500,
		detail: 'bad luck',
		failure: {code: 'registry.failing'},
	});
	expect(server.requests.filter(({headers}) => headers.range === undefined)).toHaveLength(3);
});

test.each([
	['2.8', {DriverName: 'filesystem', Enclosed: {Op: 'open', Path: '/var/lib/registry/…', Err: 24}}],
	['3.1', 'filesystem: open /var/lib/registry/…/data: too many open files'],
])('a 500 caused by the storage driver says nothing about the blob (%s)', async (_, detail) => {
	const body = JSON.stringify({errors: [{code: 'UNKNOWN', message: 'unknown error', detail}]});
	await using server = await listen((_, response) => response.writeHead(500).end(body));
	await using registry = connect(server);

	await expect(registry.blob('acme/app', blob, 'edge', {signal})).rejects.toMatchObject({
		code: 'registry.storage',
		message: expect.stringContaining('its storage (filesystem) fails: too many open files'),
	});
});

test('a 500 because a folder lies where a link belongs is damage of this blob, and not of the storage', async () => {
	// As 2.8.2 responds.
	const detail = {DriverName: 'filesystem', Enclosed: {Op: 'read', Path: '/var/lib/registry/…/link', Err: 21}};
	const body = JSON.stringify({errors: [{code: 'UNKNOWN', message: 'unknown error', detail}]});
	await using server = await listen((_, response) => response.writeHead(500).end(body));
	await using registry = connect(server);

	expect(await registry.blob('acme/app', blob, 'edge', {signal})).toMatchObject({state: 'unreadable', status: 500});
	expect(await registry.manifest('acme/app', blob.digest, {signal})).toMatchObject({state: 'unreadable', status: 500});
});

test.each([
	['a proxy without a backend', 'text/plain; charset=utf-8', '404 page not found\n', undefined],
	['a gateway without a route', 'application/json', '{"message":"no Route matched with those values"}', undefined],
	['the store that blobs lie in', 'application/xml', '<?xml version="1.0"?><Error><Code>NoSuchKey</Code>', 'missing'],
	['a registry of few words', 'text/plain', '', 'missing'],
])('a 404 from %s counts as its body says', async (_, type, body, state) => {
	await using server = await listen((_, response) => response.writeHead(404, {'content-type': type}).end(body));
	await using registry = connect(server);
	const requests = [
		() => registry.manifest('acme/app', blob.digest, {signal}),
		...(['head', 'edge', 'content'] as const).map(depth => () => registry.blob('acme/app', blob, depth, {signal})),
	];

	for (const ask of requests) {
		await (state === undefined
			? expect(ask()).rejects.toMatchObject({code: 'registry.not-a-registry', exit: 'failed'})
			: expect(ask()).resolves.toMatchObject({state, detail: 'the registry does not have it'}));
	}
});

test('a blob answered with 500 and no reason each time is not served; what that means, its neighbours tell', async () => {
	await using server = await listen((_, response) => response.writeHead(500).end('Internal Server Error'));
	await using registry = connect(server);

	expect(await registry.blob('acme/app', blob, 'edge', {signal})).toMatchObject({
		state: 'unserved',
		failure: {code: 'registry.failing'},
	});
});

test('a large blob is hashed without being held in memory', async () => {
	const piece = Buffer.alloc(1024 * 1024, 'layer');
	const pieces = 48;
	const large = blobOf(Buffer.concat(Array.from({length: pieces}, () => piece)));
	await using server = await listen(async (_, response) => {
		response.writeHead(200, {'content-length': large.bytes.length});
		for (let n = 0; n < pieces; n++) {
			if (!response.write(piece)) {
				await new Promise(resolve => response.once('drain', resolve));
			}
		}

		response.end();
	});
	await using registry = connect(server);

	expect(
		await registry.blob('acme/app', {digest: large.digest, size: large.bytes.length}, 'content', {signal}),
	).toMatchObject({state: 'present'});
});

test('a blob stored elsewhere is fetched without credentials', async () => {
	await using store = await listen((request, response) => serve(request, response));
	await using server = await listen((_, response) =>
		response.writeHead(307, {location: `http://${store.host}/bucket/blob?signature=secret`}).end(),
	);
	await using registry = connect(server, {credentials: async () => ({username: 'nora', password: 'secret'})});

	expect(await registry.blob('acme/app', blob, 'edge', {signal})).toMatchObject({state: 'present'});
	expect(server.requests[0]!.headers.authorization).toBeDefined();
	expect(store.requests[0]!.headers.authorization).toBeUndefined();
	expect(registry.records.map(({url}) => url)).toEqual([
		`http://${server.host}/v2/acme/app/blobs/${digest}`,
		`http://${store.host}/bucket/blob`,
	]);
});

test('a redirect back to the registry gets no credentials either', async () => {
	await using away = await listen((_, response) => response.writeHead(307, {location: back}).end());
	await using home = await listen((request, response) => {
		if (request.url === '/home') {
			serve(request, response);
		} else {
			response.writeHead(307, {location: `http://${away.host}/`}).end();
		}
	});
	const back = `http://${home.host}/home`;
	await using registry = connect(home, {credentials: async () => ({username: 'nora', password: 'secret'})});

	expect(await registry.blob('acme/app', blob, 'edge', {signal})).toMatchObject({state: 'present'});
	expect(home.requests.map(({headers}) => headers.authorization !== undefined)).toEqual([true, false]);
});

test.each([401, 403])(
	'a %i from a redirect’s target does not blame credentials that were not sent there',
	async status => {
		await using store = await listen((_, response) => response.writeHead(status).end('<?xml version="1.0"?><Error/>'));
		await using server = await listen((_, response) =>
			response.writeHead(307, {location: `http://${store.host}/blob?signature=abc`}).end(),
		);
		await using registry = connect(server, {credentials: async () => ({username: 'acme', password: 'secret'})});

		await expect(registry.blob('acme/app', blob, 'edge', {signal})).rejects.toMatchObject({
			code: 'registry.forbidden',
			message: `${server.host} redirects blobs to ${store.host}, which refuses the request (${status}).`,
		});
		expect(store.requests[0]!.headers.authorization).toBeUndefined();
	},
);

test('endless redirects are refused', async () => {
	await using server = await listen((_, response) => response.writeHead(307, {location: '/v2/again'}).end());
	await using registry = connect(server);

	await expect(registry.blob('acme/app', blob, 'edge', {signal})).rejects.toMatchObject({code: 'registry.redirected'});
	expect(server.requests).toHaveLength(6);
});
