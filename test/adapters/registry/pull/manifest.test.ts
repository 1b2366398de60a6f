import {createHash} from 'node:crypto';
import {expect, test} from 'vitest';
import {mediaTypes} from '../../../../src/domain/image/media-type.ts';
import {buildImage} from '../../../../src/drills/images/image.ts';
import {connect, listen, listenRaw, specError} from '../server.ts';

const {index} = buildImage({seed: 'manifest'});
const {signal} = new AbortController();
const whole = {'content-type': `${mediaTypes.ociIndex}; charset=utf-8`, 'content-length': index.bytes.length};

test('a manifest’s digest comes from its bytes, whatever the header claims', async () => {
	await using server = await listen((_, response) => {
		response.writeHead(200, {...whole, 'docker-content-digest': `sha256:${'0'.repeat(64)}`}).end(index.bytes);
	});
	await using registry = connect(server);

	expect(await registry.manifest('acme/app', 'latest', {signal})).toEqual({
		state: 'found',
		bytes: index.bytes,
		digest: index.digest,
		claimed: `sha256:${'0'.repeat(64)}`,
		mediaType: mediaTypes.ociIndex,
	});
	expect(server.requests[0]!.headers.accept).toContain(mediaTypes.ociIndex);
	expect(registry.requests()).toBe(2);
	expect(registry.records).toHaveLength(2);
	expect(registry.records[0]).toEqual({
		at: '2026-04-19T02:00:00.000Z',
		method: 'GET',
		url: `http://${server.host}/v2/acme/app/manifests/latest`,
		status: 200,
		milliseconds: expect.any(Number),
	});
});

test('a sha512 reference is hashed with sha512', async () => {
	await using server = await listen((_, response) => response.writeHead(200, whole).end(index.bytes));
	await using registry = connect(server);
	const digest = `sha512:${createHash('sha512').update(index.bytes).digest('hex')}`;

	expect(await registry.manifest('acme/app', digest, {signal})).toMatchObject({digest});
});

test('404 means missing, with the registry’s own message', async () => {
	await using server = await listen((_, response) =>
		response
			.writeHead(404, {'content-type': 'application/json'})
			.end(specError('MANIFEST_UNKNOWN', 'manifest unknown')),
	);
	await using registry = connect(server);

	expect(await registry.manifest('acme/app', 'latest', {signal})).toEqual({
		state: 'missing',
		status: 404,
		detail: 'manifest unknown',
	});
});

test('a manifest is requested again after a 500 before it is called unreadable', async () => {
	const answers = [500, 200, 500, 500];
	await using server = await listen((_, response) => {
		const status = answers.shift()!;
		response
			.writeHead(status, status === 200 ? whole : {})
			.end(status === 200 ? index.bytes : specError('UNKNOWN', ''));
	});
	await using registry = connect(server);

	expect(await registry.manifest('acme/app', 'latest', {signal})).toMatchObject({state: 'found'});
	expect(await registry.manifest('acme/app', 'latest', {signal})).toEqual({
		state: 'unreadable',
		status: 500,
		detail: 'unknown',
	});
	expect(server.requests).toHaveLength(4);
});

test('a manifest whose bytes do not hash to its digest is requested again before it is called damaged', async () => {
	let cuts = 1;
	await using server = await listen((_, response) => {
		response.writeHead(200, {'content-type': whole['content-type'], connection: 'close'});
		response.end(cuts-- > 0 ? index.bytes.subarray(0, 20) : index.bytes);
	});
	await using registry = connect(server);

	expect(await registry.manifest('acme/app', index.digest, {signal})).toMatchObject({digest: index.digest});
	expect(server.requests).toHaveLength(2);

	cuts = 2;
	expect(await registry.manifest('acme/app', index.digest, {signal})).toMatchObject({
		state: 'found',
		digest: expect.not.stringContaining(index.digest),
	});
	expect(server.requests).toHaveLength(4);
});

test.each([
	['a login page', 200, '<!doctype html><title>Log in</title>'],
	['a proxy that knows no such path', 404, '<html><body>404 Not Found</body></html>'],
	['a proxy that breaks', 500, '<html>oops</html>'],
])('%s is not a registry, and never a missing image', async (_, status, body) => {
	await using server = await listen((_, response) =>
		response.writeHead(status, {'content-type': 'text/html'}).end(body),
	);
	await using registry = connect(server);

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({
		code: 'registry.not-a-registry',
		exit: 'failed',
	});
});

test('a 502 with a web page is retried twice, then the registry is unreachable', async () => {
	await using server = await listen((_, response) =>
		response.writeHead(502, {'content-type': 'text/html'}).end('<html>Bad Gateway</html>'),
	);
	await using registry = connect(server);

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({
		code: 'registry.unreachable',
		exit: 'unreachable',
	});
	expect(server.requests).toHaveLength(3);
	expect(registry.pauses).toEqual([250, 500]);
});

test('after a 429 the pause is at least Retry-After, and the response is counted', async () => {
	const waits = ['3', 'Sun, 19 Apr 2026 02:00:07 GMT'];
	await using server = await listen((_, response) => {
		const wait = waits.shift();
		response
			.writeHead(wait === undefined ? 200 : 429, wait === undefined ? whole : {'retry-after': wait})
			.end(wait === undefined ? index.bytes : '');
	});
	await using registry = connect(server);

	expect(await registry.manifest('acme/app', 'latest', {signal})).toMatchObject({state: 'found'});
	expect(registry.pauses).toEqual([3250, 7500]);
	expect(registry.busy()).toBe(2);
});

test.each([429, 503])('a %i that persists means a busy registry', async status => {
	await using server = await listen((_, response) => response.writeHead(status, {'retry-after': '1'}).end());
	await using registry = connect(server);

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({
		code: 'registry.busy',
		exit: 'unreachable',
	});
	expect([server.requests.length, registry.busy()]).toEqual([3, 3]);
});

test('a Retry-After longer than the longest pause is not waited out, and the hint names it', async () => {
	await using server = await listen((_, response) => response.writeHead(429, {'retry-after': '90'}).end());
	await using registry = connect(server);

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({
		code: 'registry.busy',
		hint: expect.stringContaining('90 s'),
	});
	expect([server.requests.length, registry.pauses.length]).toEqual([1, 0]);
});

const limited = {'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600'};
const usedUp = {...limited, 'ratelimit-remaining': '0;w=21600'};

test('what the registry says of its limit is told, as it said it last', async () => {
	const says = [limited, usedUp, {}];
	await using server = await listen((_, response) =>
		response.writeHead(200, {...whole, ...says.shift()}).end(index.bytes),
	);
	await using registry = connect(server);
	const limits = [registry.rateLimit()];
	for (let asked = 0; asked < 3; asked++) {
		await registry.manifest('acme/app', 'latest', {signal});
		limits.push(registry.rateLimit());
	}

	const known = {limit: 100, windowSeconds: 21_600};
	expect(limits).toEqual([undefined, {...known, remaining: 76}, {...known, remaining: 0}, {...known, remaining: 0}]);
});

test('a limit that is used up is named and not asked again, unless the registry says when', async () => {
	const says = 'You have reached your pull rate limit.';
	await using server = await listen((_, response) =>
		response.writeHead(429, usedUp).end(specError('TOOMANYREQUESTS', says)),
	);
	await using registry = connect(server);
	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({
		code: 'registry.busy',
		exit: 'unreachable',
		message: `${server.host} limits its requests (429): 0 of 100 requests are left in 6 h: You have reached your pull rate limit.`,
		hint: expect.stringContaining('No image is damaged'),
	});
	expect([server.requests.length, registry.pauses]).toEqual([1, []]);

	let asked = 0;
	await using soon = await listen((_, response) =>
		asked++ === 0
			? response.writeHead(429, {...usedUp, 'retry-after': '2'}).end()
			: response.writeHead(200, whole).end(index.bytes),
	);
	await using waiting = connect(soon);
	expect(await waiting.manifest('acme/app', 'latest', {signal})).toMatchObject({state: 'found'});
	expect(waiting.pauses).toEqual([2250]);
});

test.each([
	[408, 'registry.unreachable', 3],
	[503, 'registry.busy', 3],
	[504, 'registry.unreachable', 3],
	[403, 'registry.forbidden', 1],
	[400, 'registry.unexpected-answer', 1],
	[501, 'registry.failing', 1],
])('%i is %s after %i requests', async (status, code, times) => {
	await using server = await listen((_, response) => response.writeHead(status).end(specError('UNKNOWN', 'no')));
	await using registry = connect(server);

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({code});
	expect(server.requests).toHaveLength(times);
});

test('a reset connection is retried, and a registry that always resets is unreachable', async () => {
	let resets = 1;
	await using server = await listen((request, response) => {
		if (resets-- > 0) {
			request.socket.resetAndDestroy();
		} else {
			response.writeHead(200, whole).end(index.bytes);
		}
	});
	await using registry = connect(server);

	expect(await registry.manifest('acme/app', 'latest', {signal})).toMatchObject({state: 'found'});
	resets = 99;
	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({code: 'registry.unreachable'});
});

test('a manifest that is cut off is requested again, and then reported as cut off', async () => {
	await using server = await listen((request, response) => {
		response.writeHead(200, whole).write(index.bytes.subarray(0, 20), () => request.socket.end());
	});
	await using registry = connect(server);

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({
		code: 'registry.cut-off',
		exit: 'unreachable',
	});
	expect(server.requests).toHaveLength(3);
});

test.concurrent('a body that stops arriving is reported as stalled', async () => {
	await using server = await listen((_, response) => void response.writeHead(200, whole).write('{'));
	await using registry = connect(server, {timeouts: {stall: 50}});

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({
		code: 'registry.stalled',
		exit: 'unreachable',
	});
});

test.concurrent('a body that trickles in ends at the deadline for the whole response', async () => {
	await using server = await listen((_, response) => {
		response.writeHead(200, whole);
		const drip = setInterval(() => response.write(' '), 5);
		response.once('close', () => clearInterval(drip));
	});
	await using registry = connect(server, {timeouts: {stall: 1000, whole: 80}});

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({code: 'registry.stalled'});
});

test.concurrent('a server that accepts and does not respond is unreachable', async () => {
	await using server = await listenRaw(() => {});
	await using registry = connect(server, {timeouts: {headers: 50}});

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({code: 'registry.unreachable'});
});

test('a port where nothing listens is unreachable, and so is an unknown name', async () => {
	const server = await listen(() => {});
	await server[Symbol.asyncDispose]();
	await using registry = connect(server);
	await using nowhere = connect({host: 'registry.invalid:5000'});

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({
		code: 'registry.unreachable',
		message: expect.stringContaining(server.host),
	});
	await expect(nowhere.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({code: 'registry.unreachable'});
});

test('a server of another protocol is not a registry', async () => {
	await using server = await listenRaw(socket => socket.end('220 mail.acme.example ESMTP\r\n'));
	await using registry = connect(server);

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({
		code: 'registry.not-a-registry',
	});
});

test.each([
	['announced', true],
	['unannounced', false],
])('more than 4 MiB, %s, is too large to be read', async (_, announced) => {
	const big = Buffer.alloc(5 * 1024 * 1024, ' ');
	await using server = await listen((_, response) =>
		response.writeHead(200, announced ? {'content-length': big.length} : {}).end(big),
	);
	await using registry = connect(server);

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({
		code: 'registry.answer-too-large',
		exit: 'failed',
	});
});

test('a response that a proxy compressed is not decompressed, and not called a damaged manifest', async () => {
	await using server = await listen((_, response) =>
		response.writeHead(200, {'content-encoding': 'gzip'}).end(Buffer.alloc(100)),
	);
	await using registry = connect(server);

	await expect(registry.manifest('acme/app', 'latest', {signal})).rejects.toMatchObject({code: 'registry.encoded'});
	expect(server.requests[0]!.headers['accept-encoding']).toBe('identity');
});

test('an endless error body is not read to its end', async () => {
	await using server = await listen((_, response) => {
		response.writeHead(404, {'content-type': 'application/json'});
		const fill = () => {
			while (response.write(Buffer.alloc(64 * 1024, ' '))) {}
		};
		response.on('drain', fill);
		fill();
	});
	await using registry = connect(server);

	expect(await registry.manifest('acme/app', 'latest', {signal})).toMatchObject({state: 'missing'});
});

test.each([
	[401, {'www-authenticate': 'Basic realm="acme"'}, 'registry.unauthorized', 'requires credentials'],
	[403, {}, 'registry.forbidden', 'forbids'],
	[302, {location: 'https://elsewhere.acme.example/v2/?signature=abc'}, 'registry.redirected', 'elsewhere'],
	[418, {}, 'registry.not-a-registry', '418'],
] as const)('%i (%j) is %s', async (status, headers, code, words) => {
	await using server = await listen((_, response) => response.writeHead(status, headers).end());
	await using registry = connect(server);

	const failure = registry.manifest('acme/app', 'latest', {signal});

	await expect(failure).rejects.toMatchObject({code, message: expect.stringContaining(words)});
	await expect(failure).rejects.not.toMatchObject({message: expect.stringContaining('signature')});
});

test('an aborted call rejects with the signal’s reason at once, before and during the response', async () => {
	await using server = await listen((_, response) => void response.writeHead(200, whole).write('{'));
	await using registry = connect(server);
	const reason = new Error('ctrl-c');
	const controller = new AbortController();
	const waiting = registry.manifest('acme/app', 'latest', {signal: controller.signal});
	await expect.poll(() => registry.records.length).toBe(1);

	controller.abort(reason);

	await expect(waiting).rejects.toBe(reason);
	await expect(registry.manifest('acme/app', 'latest', {signal: controller.signal})).rejects.toBe(reason);
	expect(server.requests).toHaveLength(1);
});

test('credentials are obtained once and sent with every request; a fresh registry obtains them again', async () => {
	let asked = 0;
	await using server = await listen((_, response) => response.writeHead(200, whole).end(index.bytes));
	await using registry = connect(server, {
		async credentials() {
			asked++;
			return {username: 'nora', password: 'pä:ss'};
		},
	});

	await registry.manifest('acme/app', 'latest', {signal});
	await registry.manifest('acme/app', 'latest', {signal});
	expect(asked).toBe(1);
	const connections = server.connections();

	const fresh = registry.fresh();
	await fresh.manifest('acme/app', 'latest', {signal});
	expect([asked, server.connections() - connections, fresh.requests()]).toEqual([2, 1, 1]);
	await fresh.close();
	expect(server.requests[2]!.headers.authorization).toBe(`Basic ${Buffer.from('nora:pä:ss').toString('base64')}`);
});

test.each([
	['a login page without a type', {}, '<!doctype html><html>Log in</html>'],
	['a greeting as text', {'content-type': 'text/plain'}, 'Welcome to acme'],
	['a greeting as JSON', {'content-type': 'application/json'}, '{"status":"ok"}'],
])('%s with status 200 says nothing about the image', async (_, headers, body) => {
	await using server = await listen((_request, response) => response.writeHead(200, headers).end(body));
	await using registry = connect(server);

	for (const reference of ['latest', index.digest]) {
		await expect(registry.manifest('acme/app', reference, {signal})).rejects.toMatchObject({
			code: 'registry.not-a-registry',
		});
	}
});

test('a manifest under a wrong type, from a registry that names no digest, is still a manifest', async () => {
	await using server = await listen((_, response) =>
		response.writeHead(200, {'content-type': 'text/plain'}).end(index.bytes),
	);
	await using registry = connect(server);

	expect(await registry.manifest('acme/app', 'latest', {signal})).toMatchObject({state: 'found', digest: index.digest});
});
