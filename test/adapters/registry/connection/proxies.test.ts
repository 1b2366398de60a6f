import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:https';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {proxiesIn, proxyFor} from '../../../../src/adapters/registry/connection/proxies.ts';
import type {RegistryOptions} from '../../../../src/adapters/registry/registry.ts';
import {buildImage} from '../../../../src/drills/images/image.ts';
import {createAuthority} from '../../../support/certificates.ts';
import {describeReal, temporaryFolder} from '../../../support/real.ts';
import {connect, listen, specified} from '../server.ts';
import {startProxy, startSocks} from './proxy-server.ts';

const {signal} = new AbortController();
const host = 'registry.acme.example';
const manifest = buildImage({seed: 'proxy'}).manifests[0]!;
const portOf = (server: {host: string}) => Number(server.host.split(':')[1]);
const tags = (registry: ReturnType<typeof connect>) => registry.tags('acme/app', {signal});

const way = (url: string, environment: Record<string, string>) => proxyFor(new URL(url), proxiesIn(environment))?.href;

test.each<[string, Record<string, string>, string | undefined]>([
	['https://a.example', {}, undefined],
	['https://a.example', {HTTPS_PROXY: 'http://up:1', https_proxy: 'http://low:1'}, 'http://low:1/'],
	['https://a.example', {HTTP_PROXY: 'http://up:1'}, undefined],
	['http://a.example', {HTTP_PROXY: 'up:1'}, 'http://up:1/'],
	['https://a.example', {ALL_PROXY: 'socks5://all:1', https_proxy: ''}, 'socks5://all:1'],
	['https://a.example', {all_proxy: 'http://all:1', HTTPS_PROXY: 'http://up:1'}, 'http://up:1/'],
	['https://127.0.0.1:5000', {ALL_PROXY: 'http://all:1'}, undefined],
	['http://localhost:5000', {ALL_PROXY: 'http://all:1'}, undefined],
	['https://[::1]:5000', {ALL_PROXY: 'http://all:1'}, undefined],
])('%s with %j uses the proxy %s', (url, environment, proxy) => {
	expect(way(url, environment)).toBe(proxy);
});

test.each([
	['*', true],
	['other.example, a.b.example', true],
	['.b.example', true],
	['b.example', true],
	['*.b.example', true],
	['B.EXAMPLE:443', true],
	['b.example:80', false],
	['xb.example', false],
	['b.example.org', false],
	['', false],
])('NO_PROXY=%s matches a.b.example: %s', (except, isExcepted) => {
	expect(way('https://a.b.example', {ALL_PROXY: 'http://p', NO_PROXY: except}) === undefined).toBe(isExcepted);
});

test.each([
	['https://10.1.2.3', '10.0.0.0/8', true],
	['https://11.1.2.3', '10.0.0.0/8', false],
	['https://10.1.2.3', '10.0.0.0/99', false],
	['https://[fd00::7]', 'fd00::/8', true],
	['https://[fd00::7]:5000', 'fd00::7', true],
	['https://10.1.2.3', '10.1.2.3', true],
])('%s with NO_PROXY=%s needs no proxy: %s', (url, except, isExcepted) => {
	expect(way(url, {ALL_PROXY: 'http://p', no_proxy: except}) === undefined).toBe(isExcepted);
});

test.each(['http://', 'ftp://user:secret@proxy:1', 'http://user:se%zz@proxy', 'a b'])(
	'%s is not a proxy’s address, and the error does not repeat it',
	text => {
		const read = () => proxiesIn({HTTPS_PROXY: text});

		expect(read).toThrow(expect.objectContaining({code: 'registry.proxy-unreadable', exit: 'configuration'}));
		expect(read).not.toThrow(/secret/);
	},
);

test('an HTTP proxy forwards reads and writes over plain HTTP', async () => {
	await using server = await listen((request, response) =>
		response.writeHead(request.method === 'GET' ? 200 : 201, specified).end('{"tags":["latest"]}'),
	);
	await using proxy = await startProxy(portOf(server));
	await using registry = connect({host}, {proxies: proxiesIn({http_proxy: `http://nora:p%40ss@${proxy.host}`})});

	expect(await tags(registry)).toEqual(['latest']);
	expect(proxy.requests).toEqual([
		{
			target: `GET http://${host}/v2/acme/app/tags/list`,
			authorization: `Basic ${Buffer.from('nora:p@ss').toString('base64')}`,
		},
	]);
	expect(server.requests[0]!.headers.host).toBe(host);
});

test('a SOCKS proxy carries requests', async () => {
	await using server = await listen((_, response) => response.writeHead(200, specified).end('{"tags":["latest"]}'));
	await using proxy = await startSocks(portOf(server));
	await using registry = connect({host}, {proxies: proxiesIn({ALL_PROXY: `socks5://${proxy.host}`})});

	expect(await tags(registry)).toEqual(['latest']);
	expect(proxy.requests).toMatchObject([{target: host}]);
});

test.each(['http', 'socks5'])('an unreachable %s proxy is named instead of the registry', async scheme => {
	const gone = await listen(() => {});
	await gone[Symbol.asyncDispose]();

	for (const url of [`http://${host}`, `https://${host}`]) {
		await using registry = connect({host}, {url, proxies: proxiesIn({ALL_PROXY: `${scheme}://${gone.host}`})});

		await expect(tags(registry)).rejects.toMatchObject({
			code: 'registry.proxy-unreachable',
			exit: 'unreachable',
			message: expect.stringContaining(gone.host),
		});
		await expect(registry.putManifest('acme/app', 'latest', manifest, {signal})).rejects.toMatchObject({
			code: 'registry.proxy-unreachable',
		});
	}
});

test.each([
	[407, 'nora:secret@', 'registry.proxy-unauthorized', 'refuses the credentials', 1],
	[407, '', 'registry.proxy-unauthorized', 'requires credentials', 1],
	[403, '', 'registry.proxy-refused', host, 1],
	[502, '', 'registry.proxy-refused', host, 3],
])('a proxy that responds %i to CONNECT is named (credentials: %j)', async (status, credentials, code, says, times) => {
	await using proxy = await startProxy(1, status);
	const proxies = proxiesIn({HTTPS_PROXY: `http://${credentials}${proxy.host}`});
	await using registry = connect({host}, {url: `https://${host}`, proxies});

	const failure = tags(registry);
	await expect(failure).rejects.toMatchObject({code, message: expect.stringContaining(says)});
	await expect(failure).rejects.not.toMatchObject({message: expect.stringContaining('secret')});
	expect(proxy.requests).toHaveLength(times);
});

test('a 407 to plain HTTP comes from the proxy, too', async () => {
	await using proxy = await startProxy(1, 407);
	await using registry = connect({host}, {proxies: proxiesIn({HTTP_PROXY: `http://${proxy.host}`})});

	await expect(tags(registry)).rejects.toMatchObject({code: 'registry.proxy-unauthorized'});
});

describeReal('TLS through a proxy', ['openssl'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let authority: Awaited<ReturnType<typeof createAuthority>>;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		authority = await createAuthority(temporary.folder);
	});

	afterAll(() => temporary[Symbol.asyncDispose]());

	async function listenTls(address: string, answer: (path: string) => {status: number; location?: string}) {
		const pair = await authority.sign(address.replace(/\W/g, '-'), {address});
		const received: string[] = [];
		const server = createServer({key: readFileSync(pair.key), cert: readFileSync(pair.cert)}, (request, response) => {
			received.push(`${request.method} ${request.headers.host} ${request.headers.authorization ?? 'nobody'}`);
			const {status, ...headers} = answer(request.url!);
			response.writeHead(status, {...specified, ...headers}).end(status === 200 ? '{"tags":["latest"]}' : '');
		}).listen(0, '127.0.0.1');
		await once(server, 'listening');
		return {
			received,
			host: `127.0.0.1:${(server.address() as {port: number}).port}`,
			async [Symbol.asyncDispose]() {
				server.close();
				server.closeAllConnections();
				await once(server, 'close');
			},
		};
	}

	const over = (proxy: {host: string}, options: Partial<RegistryOptions> = {}) =>
		connect(
			{host},
			{
				url: `https://${host}`,
				caFile: authority.ca.cert,
				credentials: async () => ({username: 'nora', password: 'secret'}),
				proxies: proxiesIn({HTTPS_PROXY: `http://nora:p%40ss@${proxy.host}`}),
				...options,
			},
		);

	test('reads, writes on fresh connections and redirects go through the tunnel, with the certificate checked', async () => {
		await using server = await listenTls(`DNS:${host},DNS:blobs.acme.example`, path =>
			path.includes('/blobs/')
				? {status: 307, location: 'https://blobs.acme.example/x'}
				: {status: path.includes('/manifests/') ? 201 : 200},
		);
		await using proxy = await startProxy(portOf(server));
		await using registry = over(proxy);

		expect(await tags(registry)).toEqual(['latest']);
		expect(await registry.putManifest('acme/app', 'latest', manifest, {signal})).toMatchObject({state: 'stored'});
		await registry.blob('acme/app', {digest: manifest.digest, size: 19}, 'edge', {signal}).catch(() => {});

		expect(proxy.requests.map(({target}) => target)).toEqual([
			`CONNECT ${host}:443`,
			`CONNECT ${host}:443`,
			'CONNECT blobs.acme.example:443',
		]);
		expect(new Set(proxy.requests.map(({authorization}) => authorization))).toEqual(
			new Set([`Basic ${Buffer.from('nora:p@ss').toString('base64')}`]),
		);
		expect(server.received.filter(line => line.includes('blobs.acme.example'))).toContain(
			'GET blobs.acme.example nobody',
		);
	});

	test('a proxy that connects to another server is detected by its certificate', async () => {
		await using server = await listenTls('DNS:other.acme.example', () => ({status: 200}));
		await using proxy = await startProxy(portOf(server));
		await using registry = over(proxy);

		await expect(tags(registry)).rejects.toMatchObject({
			code: 'registry.tls',
			message: expect.stringContaining('another name'),
		});
		expect(server.received).toEqual([]);
	});

	test('a tunnel to a closed port counts as a closed connection', async () => {
		const gone = await listen(() => {});
		await gone[Symbol.asyncDispose]();
		await using proxy = await startProxy(portOf(gone));
		await using registry = over(proxy);

		await expect(tags(registry)).rejects.toMatchObject({code: 'registry.unreachable'});
	});
});
