import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:https';
import path from 'node:path';
import type {TLSSocket} from 'node:tls';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import type {RegistryOptions} from '../../../../src/adapters/registry/registry.ts';
import {createWoodpecker} from '../../../../src/adapters/woodpecker/woodpecker.ts';
import {createAuthority} from '../../../support/certificates.ts';
import {describeReal, temporaryFolder} from '../../../support/real.ts';
import {connect, listen} from '../server.ts';

const {signal} = new AbortController();
const tags = (registry: ReturnType<typeof connect>) => registry.tags('acme/app', {signal});

describeReal('TLS to a registry', ['openssl'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	const file = (name: string) => path.join(temporary.folder, name);

	beforeAll(async () => {
		temporary = await temporaryFolder();
		const authority = await createAuthority(temporary.folder);
		await authority.sign('good');
		await authority.sign('expired', {days: -1});
		await authority.sign('other', {address: 'DNS:registry.acme.example'});
		await authority.sign('elsewhere', {address: 'DNS:localhost'});
		await authority.sign('client', {address: 'DNS:client.acme.example'});
	});

	afterAll(() => temporary[Symbol.asyncDispose]());

	async function listenTls(name: string, location?: string, challenge?: string) {
		const server = createServer(
			{key: readFileSync(file(`${name}.key`)), cert: readFileSync(file(`${name}.pem`))},
			(_, response) =>
				challenge !== undefined
					? response.writeHead(401, {'www-authenticate': challenge}).end()
					: location === undefined
						? response.end('{"tags":["latest"]}')
						: response.writeHead(307, {location}).end(),
		).listen(0, '127.0.0.1');
		await once(server, 'listening');
		const host = `127.0.0.1:${(server.address() as {port: number}).port}`;
		return {
			host,
			async [Symbol.asyncDispose]() {
				server.close();
				server.closeAllConnections();
				await once(server, 'close');
			},
		};
	}

	const over = ({host}: {host: string}, options: Partial<RegistryOptions> = {}) =>
		connect({host}, {url: `https://${host}`, ...options});

	test('a private authority is trusted when configured, as a file or as text', async () => {
		await using server = await listenTls('good');
		await using byFile = over(server, {caFile: file('ca.pem')});
		await using byText = over(server, {ca: readFileSync(file('ca.pem'), 'utf8')});

		expect(await tags(byFile)).toEqual(['latest']);
		expect(await tags(byText)).toEqual(['latest']);
		expect(await tags({...byFile, ...byFile.fresh()})).toEqual(['latest']);
	});

	test('the certificate of the registry is told by its fingerprint, as openssl prints it; without TLS there is none', async () => {
		await using server = await listenTls('good');
		await using registry = over(server, {caFile: file('ca.pem')});
		await using plain = await listen((_, response) => response.end('{"tags":["latest"]}'));
		await using overHttp = connect(plain);

		const before = registry.certificate();
		await tags(registry);
		await tags(overHttp);

		const args = ['x509', '-in', file('good.pem'), '-noout', '-fingerprint', '-sha256'];
		const printed = execFileSync('openssl', args, {encoding: 'utf8'});
		expect(before).toBeUndefined();
		expect(printed.trim()).toBe(`sha256 Fingerprint=${registry.certificate()}`);
		expect(overHttp.certificate()).toBeUndefined();
	});

	test.each([
		['good', false, 'no trusted authority', 'caFile'],
		['expired', true, 'has expired', 'Renew'],
		['other', true, 'another name', 'name'],
	])('a certificate that is %s is refused for its own reason', async (name, known, says, hint) => {
		await using server = await listenTls(name);
		await using registry = over(server, known ? {caFile: file('ca.pem')} : {});

		await expect(tags(registry)).rejects.toMatchObject({
			code: 'registry.tls',
			exit: 'refused',
			message: expect.stringContaining(says),
			hint: expect.stringContaining(hint),
		});
	});

	test('certificates are checked even if the environment switches that off', async () => {
		await using server = await listenTls('good');
		await using registry = over(server);
		vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');

		try {
			await expect(tags(registry)).rejects.toMatchObject({code: 'registry.tls'});
			const ci = createWoodpecker({url: `https://${server.host}`, token: async () => 'token'});
			await expect(ci.since('acme/infra', '2026-01-01T00:00:00Z', {signal})).rejects.toMatchObject({
				message: expect.stringContaining('certificate'),
			});
			await ci.close();
		} finally {
			vi.unstubAllEnvs();
		}
	});

	test('TLS against plain HTTP is named as such, both ways', async () => {
		await using plain = await listen((_, response) => response.end());
		await using asked = over(plain);
		await using go = await listen((_, response) =>
			response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n'),
		);
		await using open = connect(go);

		await expect(tags(asked)).rejects.toMatchObject({code: 'registry.tls', hint: expect.stringContaining('http://')});
		await expect(tags(open)).rejects.toMatchObject({code: 'registry.tls', hint: expect.stringContaining('https://')});
	});

	test('a blob is not followed from TLS to plain HTTP on another machine', async () => {
		await using server = await listenTls('good', 'http://blobs.acme.example/x');
		await using registry = over(server, {caFile: file('ca.pem')});
		const blob = {digest: `sha256:${'0'.repeat(64)}` as never, size: 1};

		await expect(registry.blob('acme/app', blob, 'edge', {signal})).rejects.toMatchObject({
			code: 'registry.redirected',
		});
	});

	test('the client certificate is presented to the registry, and not to the target of a redirect', async () => {
		const shown: (string | undefined)[] = [];
		const listenForCertificate = async (name: string, location?: string) => {
			const server = createServer(
				{
					key: readFileSync(file(`${name}.key`)),
					cert: readFileSync(file(`${name}.pem`)),
					ca: readFileSync(file('ca.pem')),
					requestCert: true,
					rejectUnauthorized: false,
				},
				(request, response) => {
					const subject = (request.socket as TLSSocket).getPeerCertificate().subject;
					shown.push(typeof subject?.CN === 'string' ? subject.CN : undefined);
					const range = {'content-range': 'bytes 0-0/1', 'content-length': 1};
					response.writeHead(location ? 307 : 206, location ? {location} : range).end(location ? '' : 'x');
				},
			).listen(0, '127.0.0.1');
			await once(server, 'listening');
			return {
				port: (server.address() as {port: number}).port,
				async [Symbol.asyncDispose]() {
					server.close();
					server.closeAllConnections();
					await once(server, 'close');
				},
			};
		};
		await using store = await listenForCertificate('elsewhere');
		await using server = await listenForCertificate('good', `https://localhost:${store.port}/blob`);
		await using registry = over(
			{host: `127.0.0.1:${server.port}`},
			{caFile: file('ca.pem'), clientCertificate: {certFile: file('client.pem'), keyFile: file('client.key')}},
		);
		const blob = {digest: `sha256:${'0'.repeat(64)}` as never, size: 1};

		expect(await registry.blob('acme/app', blob, 'edge', {signal})).toMatchObject({state: 'present'});
		expect(shown).toEqual(['client', undefined]);
	});

	test.each([
		['client.pem', 'none.key', 'none.key'],
		['good.pem', 'client.key', 'good.pem'],
		['client.key', 'client.key', 'client.key'],
	])('%s with %s is a mistake in the configuration', (cert, key, says) => {
		expect(() => over({host: 'x'}, {clientCertificate: {certFile: file(cert), keyFile: file(key)}})).toThrow(
			expect.objectContaining({
				code: 'registry.client-certificate',
				exit: 'configuration',
				message: expect.stringContaining(says),
			}),
		);
	});

	test('a token service without TLS gets no credentials for a registry with TLS', async () => {
		await using server = await listenTls('good', undefined, 'Bearer realm="http://auth.acme.example/token"');
		await using registry = over(server, {caFile: file('ca.pem')});

		await expect(tags(registry)).rejects.toMatchObject({code: 'registry.token-realm', exit: 'refused'});
	});

	test('a CA file that is missing or holds no certificate is a mistake in the configuration', () => {
		expect(() => over({host: 'x'}, {caFile: file('none.pem')})).toThrow(
			expect.objectContaining({code: 'registry.ca-unreadable', exit: 'configuration'}),
		);
		expect(() => over({host: 'x'}, {caFile: file('good.key')})).toThrow(
			expect.objectContaining({code: 'registry.ca-unreadable'}),
		);
	});
});
