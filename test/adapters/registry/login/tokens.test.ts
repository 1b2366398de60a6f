import type {IncomingMessage, ServerResponse} from 'node:http';
import {expect, test} from 'vitest';
import type {RegistryOptions} from '../../../../src/adapters/registry/registry.ts';
import {buildImage} from '../../../../src/drills/images/image.ts';
import {connect, type Loopback, listen, specError} from '../server.ts';

const {index, manifests} = buildImage({seed: 'tokens'});
const {signal} = new AbortController();
const nora = async () => ({username: 'nora', password: 'right'});

/** A registry that takes the tokens of `good`, and its token service under the same roof. */
async function guarded(options: {
	token?: (request: IncomingMessage, response: ServerResponse, nth: number) => void;
	challenge?: (request: IncomingMessage) => string | string[];
	answer?: (request: IncomingMessage, response: ServerResponse) => void;
}): Promise<Loopback & {good: Set<string>; tokens: () => IncomingMessage[]}> {
	const good = new Set<string>();
	let nth = 0;
	const server: Loopback = await listen((request, response) => {
		if (request.url!.startsWith('/token')) {
			nth++;
			if (options.token) {
				options.token(request, response, nth);
			} else {
				good.add(`Bearer token-${nth}`);
				response.end(JSON.stringify({token: `token-${nth}`, expires_in: 300}));
			}
		} else if (good.has(request.headers.authorization ?? '')) {
			const give = options.answer ?? ((_: IncomingMessage, given: ServerResponse) => given.end(index.bytes));
			give(request, response);
		} else {
			const challenge =
				options.challenge?.(request) ?? `Bearer realm="http://${server.host}/token",service="acme registry"`;
			response
				.writeHead(401, {'www-authenticate': challenge})
				.end(specError('UNAUTHORIZED', 'authentication required'));
		}
	});
	return {...server, good, tokens: () => server.requests.filter(({url}) => url!.startsWith('/token'))};
}

const read = (registry: ReturnType<typeof connect>, repository = 'acme/app') =>
	registry.manifest(repository, 'latest', {signal});

test('a token is requested once per scope, with service and scope, and sent from then on', async () => {
	await using server = await guarded({});
	await using registry = connect(server);

	expect(await read(registry)).toMatchObject({state: 'found', digest: index.digest});
	await read(registry);
	await read(registry, 'acme/other');

	expect(server.tokens().map(({url}) => new URL(url!, 'http://x').searchParams.toString())).toEqual([
		'service=acme+registry&scope=repository%3Aacme%2Fapp%3Apull',
		'service=acme+registry&scope=repository%3Aacme%2Fother%3Apull',
	]);
	expect(server.tokens()[0]!.headers.authorization).toBeUndefined();
	// One refusal taught the realm for all.
	expect(server.requests).toHaveLength(6);
	expect(registry.requests()).toBe(6);
});

test('concurrent callers share one token request', async () => {
	await using server = await guarded({});
	await using registry = connect(server);

	await Promise.all(Array.from({length: 8}, () => read(registry)));

	expect(server.tokens()).toHaveLength(1);
});

test('a caller who aborts does not end a token request that others share', async () => {
	let give = () => {};
	await using server = await guarded({
		token(_, response) {
			give = () => {
				server.good.add('Bearer t');
				response.end('{"access_token":"t"}');
			};
		},
	});
	await using registry = connect(server);
	const controller = new AbortController();
	const leaving = registry.manifest('acme/app', 'latest', {signal: controller.signal});
	const staying = read(registry);
	await expect.poll(() => server.tokens().length).toBe(1);

	controller.abort(new Error('ctrl-c'));
	await expect(leaving).rejects.toThrow('ctrl-c');
	give();

	expect(await staying).toMatchObject({state: 'found'});
	expect(server.tokens()).toHaveLength(1);
});

test('credentials go to the token service, and the registry gets only tokens once it requires them', async () => {
	await using server = await guarded({});
	const reported: string[] = [];
	await using registry = connect(server, {credentials: nora, onSecret: secret => reported.push(secret)});

	await read(registry);
	await read(registry, 'acme/other');

	const basic = `Basic ${Buffer.from('nora:right').toString('base64')}`;
	expect(server.tokens().map(({headers}) => headers.authorization)).toEqual([basic, basic]);
	expect(
		server.requests
			.slice(1)
			.filter(({url}) => url!.startsWith('/v2/'))
			.map(({headers}) => headers.authorization),
	).toEqual(['Bearer token-1', 'Bearer token-2']);
	expect(reported).toEqual(['token-1', 'token-2']);
	expect(JSON.stringify(registry.records)).not.toMatch(/token-\d|scope/);
});

test('a registry that accepts Basic and Bearer gets the password, and no token is requested', async () => {
	await using server = await listen((request, response) => {
		if (request.headers.authorization?.startsWith('Basic ')) {
			response.end(index.bytes);
		} else {
			response.writeHead(401, {'www-authenticate': ['Bearer realm="http://127.0.0.1:1/"', 'Basic realm="acme"']}).end();
		}
	});
	await using registry = connect(server, {credentials: nora});

	expect(await read(registry)).toMatchObject({state: 'found'});
	expect(server.requests).toHaveLength(1);
});

test('a token is renewed shortly before it expires', async () => {
	let now = 0;
	await using server = await guarded({});
	await using registry = connect(server, {clock: {...clockAt(() => now)}});
	await read(registry);

	now = 290_000;
	await read(registry);
	expect(server.tokens()).toHaveLength(1);

	now = 296_000;
	await read(registry);
	expect(server.tokens()).toHaveLength(2);
	// No refusal in between.
	expect(server.requests.filter(({headers, url}) => url!.startsWith('/v2') && !headers.authorization)).toHaveLength(1);
});

test('a token that was issued earlier expires earlier, by the clock of the service', async () => {
	let now = 0;
	await using server = await guarded({
		token(_, response, nth) {
			server.good.add(`Bearer t${nth}`);
			response
				.writeHead(200, {date: 'Sun, 19 Apr 2026 02:04:00 GMT'})
				.end(JSON.stringify({token: `t${nth}`, expires_in: 300, issued_at: '2026-04-19T02:00:00Z'}));
		},
	});
	await using registry = connect(server, {clock: {...clockAt(() => now)}});
	await read(registry);

	now = 58_000;
	await read(registry);

	expect(server.tokens()).toHaveLength(2);
});

test('a token that is refused mid-walk is renewed once, also for many concurrent requests', async () => {
	await using server = await guarded({});
	await using registry = connect(server);
	await read(registry);
	const before = server.requests.length;

	server.good.clear();
	expect(await read(registry)).toMatchObject({state: 'found'});
	expect(server.requests.slice(before).map(({url}) => url!.slice(0, 4))).toEqual(['/v2/', '/tok', '/v2/']);

	server.good.clear();
	const all = await Promise.all(Array.from({length: 6}, () => read(registry)));
	expect(all.every(({state}) => state === 'found')).toBe(true);
	expect(server.tokens()).toHaveLength(3);
});

test.each([
	['invalid_token', 'registry.token-refused', true],
	['insufficient_scope', 'registry.forbidden', true],
	['insufficient_scope', 'registry.unauthorized', false],
])('a new token that is refused as %s is %s, and not renewed', async (error, code, isKnown) => {
	await using server = await guarded({
		token: (_, response) => void response.end('{"token":"t"}'),
		challenge: () => `Bearer realm="http://${server.host}/token",error="${error}"`,
	});
	await using registry = connect(server, isKnown ? {credentials: nora} : {});

	await expect(read(registry)).rejects.toMatchObject({code, exit: 'refused'});
	expect(server.tokens()).toHaveLength(1);
});

test('a token is requested for the name in the challenge, but not for more rights', async () => {
	await using server = await guarded({
		token(request, response) {
			const scope = new URL(request.url!, 'http://x').searchParams.get('scope')!;
			if (scope.includes('mirror/')) {
				server.good.add('Bearer mapped');
			}

			response.end(JSON.stringify({token: scope.includes('mirror/') ? 'mapped' : 'other', expires_in: 300}));
		},
		challenge: ({url}) =>
			`Bearer realm="http://${server.host}/token",scope="repository:${url!.includes('greedy') ? 'greedy' : 'mirror/app'}:pull${url!.includes('greedy') ? ',push,delete' : ''}"`,
	});
	await using registry = connect(server);

	expect(await read(registry)).toMatchObject({state: 'found'});
	expect(await read(registry)).toMatchObject({state: 'found'});
	await expect(read(registry, 'greedy')).rejects.toMatchObject({code: 'registry.unauthorized'});
	expect(server.tokens().map(({url}) => new URL(url!, 'http://x').searchParams.get('scope'))).toEqual([
		'repository:mirror/app:pull',
		'repository:greedy:pull',
	]);
});

test.each<[string, string, Partial<RegistryOptions>, string]>([
	['on another host without TLS', 'http://auth.acme.example/token', {}, 'tokenService: http://auth.acme.example'],
	['with a password in it', 'http://a:b@127.0.0.1/token', {}, 'auth.token.realm'],
	['that is no address', 'token', {}, 'auth.token.realm'],
	['of another kind', 'file:///etc/passwd', {}, 'auth.token.realm'],
	['not the configured one', 'https://evil.acme.example/', {tokenService: 'https://auth.acme.example'}, 'evil'],
])('a realm %s gets no credentials and no request', async (_, realm, options, hint) => {
	await using server = await guarded({challenge: () => `Bearer realm="${realm}"`});
	await using registry = connect(server, {credentials: nora, ...options});

	await expect(read(registry)).rejects.toMatchObject({
		code: 'registry.token-realm',
		exit: 'refused',
		hint: expect.stringContaining(hint),
	});
	expect(registry.requests()).toBe(1);
});

test('a realm on another host gets the credentials, unless the configuration names another', async () => {
	await using service = await listen((_, response) => response.end('{"token":"t"}'));
	const port = service.host.split(':')[1];
	await using server = await guarded({challenge: () => `Bearer realm="http://localhost:${port}/token"`});
	server.good.add('Bearer t');
	await using refused = connect(server, {credentials: nora, tokenService: 'https://auth.acme.example'});
	await using registry = connect(server, {credentials: nora});

	await expect(read(refused)).rejects.toMatchObject({code: 'registry.token-realm'});
	expect(service.requests).toHaveLength(0);
	expect(await read(registry)).toMatchObject({state: 'found'});
	expect(service.requests[0]!.headers.authorization).toContain('Basic ');
});

test('an identity token is posted to the realm, and goes nowhere else', async () => {
	const forms: string[] = [];
	await using server = await guarded({
		async token(request, response) {
			forms.push(Buffer.concat(await request.toArray()).toString());
			server.good.add('Bearer exchanged');
			response.end('{"access_token":"exchanged","refresh_token":"idtoken"}');
		},
	});
	await using registry = connect(server, {credentials: async () => ({identityToken: 'idtoken'})});

	expect(await read(registry)).toMatchObject({state: 'found'});
	expect(server.tokens().map(({method, url, headers}) => [method, url, headers.authorization])).toEqual([
		['POST', '/token', undefined],
	]);
	expect(Object.fromEntries(new URLSearchParams(forms[0]))).toEqual({
		grant_type: 'refresh_token',
		service: 'acme registry',
		client_id: 'regmedic',
		scope: 'repository:acme/app:pull',
		refresh_token: 'idtoken',
	});
	expect(server.requests.filter(({headers}) => /Basic|idtoken/.test(headers.authorization ?? ''))).toEqual([]);
});

test('an identity token is not sent to a registry that asks for a password', async () => {
	await using server = await listen((_, response) =>
		response.writeHead(401, {'www-authenticate': 'Basic realm="acme"'}).end(specError('UNAUTHORIZED', 'log in')),
	);
	await using registry = connect(server, {credentials: async () => ({identityToken: 'idtoken', from: 'a file'})});

	await expect(read(registry)).rejects.toMatchObject({
		code: 'registry.unauthorized',
		message: expect.stringContaining('an identity token: log in'),
		hint: expect.stringContaining('a file'),
	});
	expect(server.requests.map(({headers}) => headers.authorization)).toEqual([undefined]);
});

test('a registry token is sent as it is, and no other is requested', async () => {
	await using server = await guarded({});
	server.good.add('Bearer given');
	await using registry = connect(server, {credentials: async () => ({registryToken: 'given'})});
	await using refused = connect(server, {credentials: async () => ({registryToken: 'old', from: 'a file'})});

	expect(await read(registry)).toMatchObject({state: 'found'});
	expect(server.requests).toHaveLength(1);
	await expect(read(refused)).rejects.toMatchObject({
		code: 'registry.unauthorized',
		message: expect.stringContaining('a registry token'),
	});
	expect(server.tokens()).toEqual([]);
});

test('each repository is asked with the login of the longest path that leads to it', async () => {
	await using server = await guarded({});
	const login = (username: string) => ({username, password: 'right'});
	await using registry = connect(server, {
		credentials: async () => ({
			byRepository: new Map([
				['acme', login('acme')],
				['acme/secret', login('secret')],
			]),
			others: login('others'),
		}),
	});

	for (const repository of ['acme/secret', 'acme/secrets', 'acme/secret/deep', 'acme', 'acmes']) {
		await read(registry, repository);
	}

	expect(
		server.tokens().map(({headers}) => Buffer.from(headers.authorization!.slice(6), 'base64').toString().split(':')[0]),
	).toEqual(['secret', 'acme', 'secret', 'acme', 'others']);
});

test('what is refused says which login, realm and scope it was, and what the service said', async () => {
	await using server = await guarded({
		token: (_, response) => void response.writeHead(401).end('{"details":"incorrect username or password"}'),
	});
	await using wrong = connect(server, {
		credentials: async () => ({username: 'nora', password: 'wrong', from: 'the entry "x" of /a/file'}),
	});
	await using nobody = connect(server, {sought: () => ['/a/file (does not exist)', '/b/file (no login for x)']});

	await expect(read(wrong)).rejects.toMatchObject({
		message: `${server.host} refuses the credentials of nora: incorrect username or password.`,
		hint: expect.stringMatching(
			/^The credentials come from the entry "x" of \/a\/file\. A token for repository:acme\/app:pull was requested at http:\/\/127/,
		),
	});
	await expect(read(nobody)).rejects.toMatchObject({
		message: expect.stringContaining('none are configured: incorrect'),
		hint: expect.stringMatching(/^No login is in \/a\/file \(does not exist\); \/b\/file \(no login for x\)\. A token/),
	});
});

test('where a token for one repository is refused, the login is not called wrong', async () => {
	await using server = await guarded({token: (_, response) => void response.end('{"token":"weak"}')});
	await using registry = connect(server, {credentials: nora});

	await expect(read(registry)).rejects.toMatchObject({
		code: 'registry.forbidden',
		message: expect.stringContaining('forbids access to acme/app to nora'),
	});
});

test.each<[string, number, string, string]>([
	['a wrong password', 401, '{}', 'registry.unauthorized'],
	['a person it does not let in', 403, '{}', 'registry.forbidden'],
	['a page', 200, '<html>Log in</html>', 'registry.token-service'],
	['no token', 200, '{"token":""}', 'registry.token-service'],
	['a token that is no header', 200, JSON.stringify({token: 'a\r\nx: y'}), 'registry.token-service'],
	['404', 404, 'not found', 'registry.token-service'],
	['a redirect', 302, '', 'registry.token-service'],
	['500', 500, specError('UNKNOWN', 'no database'), 'registry.failing'],
	['502', 502, '<html>', 'registry.unreachable'],
	['429', 429, '', 'registry.busy'],
])('a token service that responds with %s leaves the image unknown', async (_, status, body, code) => {
	await using server = await guarded({
		token: (_request, response) => void response.writeHead(status, {location: 'http://evil.acme.example/'}).end(body),
	});
	await using registry = connect(server, {credentials: nora});

	await expect(read(registry)).rejects.toMatchObject({code});
});

test('an unreachable token service is named by its own host', async () => {
	const gone = await listen(() => {});
	await gone[Symbol.asyncDispose]();
	await using server = await guarded({challenge: () => `Bearer realm="http://${gone.host}/token"`});
	await using registry = connect(server);

	await expect(read(registry)).rejects.toMatchObject({
		code: 'registry.unreachable',
		message: expect.stringContaining(gone.host),
	});
});

test('a token that the registry repeats in an error is masked', async () => {
	await using server = await guarded({
		answer: ({headers}, response) =>
			void response.writeHead(404).end(specError('MANIFEST_UNKNOWN', `nothing for ${headers.authorization}`)),
	});
	await using registry = connect(server);

	expect(await read(registry)).toMatchObject({detail: 'nothing for Bearer [secret]'});
});

test('a write that was refused without a token is sent again once, with the right scope', async () => {
	await using server = await guarded({
		answer: (_, response) => void response.writeHead(201).end(),
	});
	await using registry = connect(server);

	expect(await registry.putManifest('acme/app', 'latest', manifests[0]!, {signal})).toMatchObject({state: 'stored'});
	expect(server.tokens()[0]!.url).toContain('pull%2Cpush');
	expect(server.requests.map(({method}) => method)).toEqual(['PUT', 'GET', 'PUT']);
});

test('a write that was refused and gets no token certainly changed nothing', async () => {
	await using server = await guarded({token: (_, response) => void response.writeHead(502).end()});
	await using registry = connect(server);

	await expect(registry.putManifest('acme/app', 'latest', manifests[0]!, {signal})).rejects.toMatchObject({
		code: 'registry.unreachable',
	});
});

test('a password that was accepted once and is refused now is obtained again, once', async () => {
	let password = 'first';
	const calls: boolean[] = [];
	await using server = await listen((request, response) => {
		const isGood = request.headers.authorization === `Basic ${Buffer.from(`nora:${password}`).toString('base64')}`;
		response.writeHead(isGood ? 200 : 401, {'www-authenticate': 'Basic realm="acme"'}).end(isGood ? index.bytes : '');
	});
	await using registry = connect(server, {
		async credentials({again}) {
			calls.push(again);
			return {username: 'nora', password: password === 'lost' ? 'second' : password};
		},
	});
	await read(registry);

	password = 'second';
	const all = await Promise.all([read(registry), read(registry), read(registry)]);
	expect(all.every(({state}) => state === 'found')).toBe(true);
	expect(calls).toEqual([false, true]);

	password = 'lost';
	await expect(read(registry)).rejects.toMatchObject({code: 'registry.unauthorized'});
	await expect(read(registry)).rejects.toMatchObject({code: 'registry.unauthorized'});
	expect(calls).toEqual([false, true, true]);
});

test('a password that was never accepted is not obtained again', async () => {
	const calls: boolean[] = [];
	await using server = await listen((_, response) => response.writeHead(401).end());
	await using registry = connect(server, {
		async credentials({again}) {
			calls.push(again);
			return {username: 'nora', password: 'wrong'};
		},
	});

	await expect(read(registry)).rejects.toMatchObject({code: 'registry.unauthorized'});
	expect([calls, server.requests.length]).toEqual([[false], 1]);
});

function clockAt(monotonic: () => number): NonNullable<RegistryOptions['clock']> {
	return {now: () => new Date('2026-04-19T02:00:00Z'), monotonic, sleep: async () => {}};
}
