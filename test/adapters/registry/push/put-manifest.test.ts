import {expect, test} from 'vitest';
import {buildImage} from '../../../../src/drills/images/image.ts';
import {connect, listen, specError} from '../server.ts';

const manifest = buildImage({seed: 'put'}).manifests[0]!;
const {signal} = new AbortController();

test('a manifest’s exact bytes are sent with their media type on a fresh connection', async () => {
	let body = Buffer.alloc(0);
	await using server = await listen(async (request, response) => {
		if (request.method === 'PUT') {
			body = Buffer.concat(await request.toArray());
		}

		response.writeHead(request.method === 'PUT' ? 201 : 404, {'docker-content-digest': manifest.digest}).end();
	});
	await using registry = connect(server);
	await registry.manifest('acme/app', 'latest', {signal});

	const answer = await registry.putManifest('acme/app', manifest.digest, manifest, {signal});

	expect(answer).toEqual({state: 'stored', digest: manifest.digest, status: 201});
	expect(body).toEqual(manifest.bytes);
	expect(server.requests[1]!.headers['content-type']).toBe(manifest.mediaType);
	expect(server.connections()).toBe(2);
});

test.each([400, 404, 405, 413, 429])('%i means rejected: nothing changed', async status => {
	await using server = await listen((_, response) =>
		response.writeHead(status).end(specError('UNSUPPORTED', 'The operation is unsupported.')),
	);
	await using registry = connect(server);

	expect(await registry.putManifest('acme/app', 'latest', manifest, {signal})).toEqual({
		state: 'rejected',
		status,
		detail: 'The operation is unsupported.',
	});
	expect(server.requests).toHaveLength(1);
});

test('a proxy’s refusal in HTML counts as rejected, too', async () => {
	await using server = await listen((_, response) =>
		response.writeHead(413, {'content-type': 'text/html'}).end('<html>Request Entity Too Large</html>'),
	);
	await using registry = connect(server);

	expect(await registry.putManifest('acme/app', 'latest', manifest, {signal})).toMatchObject({
		state: 'rejected',
		detail: 'a proxy in front of the registry responded 413',
	});
});

test.each([200, 500, 502, 503])('%i leaves open whether the manifest was stored, and is not retried', async status => {
	await using server = await listen((_, response) => response.writeHead(status).end('<html>'));
	await using registry = connect(server);

	await expect(registry.putManifest('acme/app', 'latest', manifest, {signal})).rejects.toMatchObject({
		code: 'effect.unknown',
		exit: 'indeterminate',
	});
	expect(server.requests).toHaveLength(1);
});

test('a lost response leaves open whether the manifest was stored, and is not retried', async () => {
	await using server = await listen(request => request.resume().on('end', () => request.socket.resetAndDestroy()));
	await using silent = await listen(() => {});
	await using registry = connect(server);
	await using waiting = connect(silent, {timeouts: {headers: 50}});

	await expect(registry.putManifest('acme/app', 'latest', manifest, {signal})).rejects.toMatchObject({
		code: 'effect.unknown',
		message: expect.stringContaining(`${server.host}/acme/app:latest`),
	});
	await expect(waiting.putManifest('acme/app', 'latest', manifest, {signal})).rejects.toMatchObject({
		code: 'effect.unknown',
	});
	expect([server.requests.length, silent.requests.length]).toEqual([1, 1]);
});

test('where nothing listens, nothing was sent: the error is certain', async () => {
	const server = await listen(() => {});
	await server[Symbol.asyncDispose]();
	await using registry = connect(server);

	await expect(registry.putManifest('acme/app', 'latest', manifest, {signal})).rejects.toMatchObject({
		code: 'registry.unreachable',
	});
});

test('a registry that names another digest leaves open what it stored', async () => {
	await using server = await listen((_, response) =>
		response.writeHead(201, {'docker-content-digest': `sha256:${'0'.repeat(64)}`}).end(),
	);
	await using registry = connect(server);

	await expect(registry.putManifest('acme/app', 'latest', manifest, {signal})).rejects.toMatchObject({
		code: 'effect.unknown',
	});
});

test('bytes that do not hash to the digest are never sent', async () => {
	await using server = await listen(() => {});
	await using registry = connect(server);
	const other = {...manifest, bytes: Buffer.from('{}')};

	await expect(registry.putManifest('acme/app', manifest.digest, other, {signal})).rejects.toMatchObject({
		code: 'manifest.wrong-digest',
	});
	expect(server.requests).toHaveLength(0);
});

test('a write does not follow a redirect', async () => {
	await using other = await listen((_, response) => response.writeHead(201).end());
	await using server = await listen((_, response) =>
		response.writeHead(307, {location: `http://${other.host}/`}).end(),
	);
	await using registry = connect(server);

	await expect(registry.putManifest('acme/app', 'latest', manifest, {signal})).rejects.toMatchObject({
		code: 'registry.redirected',
	});
	expect(other.requests).toHaveLength(0);
});
