import {chmod, mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import type {IncomingMessage, ServerResponse} from 'node:http';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {createAuthority, type Pair} from '../support/certificates.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {canShowFiles, showingFiles} from '../support/own-etc.ts';
import {describeReal, locate, temporaryFolder} from '../support/real.ts';
import {startWatched, type WatchedHost} from '../support/watched-hosts.ts';

const [registryName, realmName, evilName] = ['registry.acme.example', 'auth.acme.example', 'evil.acme.example'];
const image = buildImage({seed: 'watched'});

/** Each registry has a login of its own, and names a realm of its own. */
const registries = [
	'password',
	'realm',
	'plain realm',
	'redirecting realm',
	'identity token',
	'registry token',
] as const;
type RegistryKind = (typeof registries)[number];

const secretOf = (kind: RegistryKind) => `secret-of-${kind.replace(' ', '-')}`;
const tokenOf = (kind: RegistryKind) => `token-for-${kind.replace(' ', '-')}`;

/** What the answers of a registry lead to, by repository. */
const lures = ['plain', 'blob-away', 'blob-to-http', 'blob-and-back', 'manifest-away', 'manifest-to-http'] as const;

describeReal('where credentials go', ['openssl', 'strace', ...(canShowFiles() ? ['unshare'] : [])], () => {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let login: Login;
	let ca: Pair;
	const hosts = new Map<RegistryKind | 'auth' | 'plain auth' | 'evil' | 'plain evil', WatchedHost>();
	const urlOf = (kind: Parameters<typeof hosts.get>[0]) => {
		const name = kind.endsWith('evil') ? evilName : kind.endsWith('auth') ? realmName : registryName;
		return `${kind.startsWith('plain ') && kind !== 'plain realm' ? 'http' : 'https'}://${name}:${hosts.get(kind)!.port}`;
	};

	beforeAll(async () => {
		place = await temporaryFolder();
		login = await openLogin();
		const authority = await createAuthority(place.folder);
		ca = authority.ca;
		const names = [registryName, realmName, evilName];
		const pair = await authority.sign('server', {address: names.map(name => `DNS:${name}`).join()});
		await writeFile(path.join(place.folder, 'hosts'), `127.0.0.1 localhost ${names.join(' ')}\n`);

		hosts.set('evil', await startWatched(pair, answerEvil));
		hosts.set('plain evil', await startWatched(undefined, answerEvil));
		hosts.set('auth', await startWatched(pair, answerRealm));
		hosts.set('plain auth', await startWatched(undefined, answerRealm));
		for (const kind of registries) {
			hosts.set(kind, await startWatched(pair, (request, response) => answerRegistry(kind, request, response)));
		}

		const entryOf = (kind: RegistryKind) =>
			kind === 'identity token'
				? {identitytoken: secretOf(kind)}
				: kind === 'registry token'
					? {registrytoken: secretOf(kind)}
					: {username: 'nora', password: secretOf(kind)};
		const keyOf = (kind: Parameters<typeof hosts.get>[0]) => new URL(urlOf(kind)).host;
		await mkdir(path.join(login.folder, 'bin'));
		const helper = path.join(login.folder, 'bin/docker-credential-acme');
		await writeFile(helper, '#!/bin/sh\nread -r server; echo "$server" >> "$HOME/helped"\n');
		await chmod(helper, 0o755);
		await mkdir(path.join(login.folder, '.docker'));
		await writeFile(
			path.join(login.folder, '.docker/config.json'),
			JSON.stringify({
				auths: {
					...Object.fromEntries(registries.map(kind => [keyOf(kind), entryOf(kind)])),
					[keyOf('evil')]: {username: 'eve', password: 'secret-of-evil'},
					[keyOf('plain auth')]: {username: 'eve', password: 'secret-of-auth'},
				},
				credHelpers: {[keyOf('auth')]: 'acme', [keyOf('plain evil')]: 'acme'},
			}),
		);
	});

	afterAll(async () => {
		await Promise.all([...hosts.values()].map(host => host.stop()));
		await login?.[Symbol.asyncDispose]();
		await place?.[Symbol.asyncDispose]();
	});

	/** Asks for every kind of login itself, and leads back to the registry. */
	function answerEvil(request: IncomingMessage, response: ServerResponse): void {
		const back = /^\/back\/([^/]+)(\/v2\/.*)$/.exec(request.url!);
		if (back) {
			const kind = registries[Number(back[1])]!;
			response.writeHead(307, {location: `${urlOf(kind)}${back[2]}`}).end();
		} else {
			const challenges = [`Bearer realm="${urlOf('evil')}/token",service="evil"`, 'Basic realm="evil"'];
			response.writeHead(401, {'www-authenticate': challenges}).end();
		}
	}

	function answerRealm(request: IncomingMessage, response: ServerResponse, body: string): void {
		const {pathname, searchParams} = new URL(request.url!, 'https://x');
		const kind = registries.find(each => pathname === `/${each.replace(' ', '-')}`)!;
		const asked = request.method === 'POST' ? new URLSearchParams(body) : searchParams;
		if (kind === 'redirecting realm') {
			response.writeHead(307, {location: `${urlOf('evil')}/token?${asked}`}).end();
		} else {
			response.end(JSON.stringify({token: tokenOf(kind), access_token: tokenOf(kind)}));
		}
	}

	function answerRegistry(kind: RegistryKind, request: IncomingMessage, response: ServerResponse): void {
		const {authorization = ''} = request.headers;
		const isIn =
			kind === 'password'
				? authorization.startsWith('Basic ')
				: authorization === `Bearer ${kind === 'registry token' ? secretOf(kind) : tokenOf(kind)}`;
		const [, lure = '', part, reference] = /^\/v2\/acme\/([^/]+)\/(manifests|blobs)\/(.+)$/.exec(request.url!) ?? [];
		const found =
			[image.index, ...image.manifests, ...image.blobs].find(({digest}) => digest === reference) ?? image.index;
		if (!isIn) {
			const realm = `${urlOf(kind === 'plain realm' ? 'plain auth' : 'auth')}/${kind.replace(' ', '-')}`;
			const challenge = kind === 'password' ? 'Basic realm="acme"' : `Bearer realm="${realm}",service="acme"`;
			response.writeHead(401, {'www-authenticate': challenge}).end();
		} else if (request.url!.startsWith('/v2/_catalog')) {
			response
				.writeHead(200, {link: `<${urlOf('evil')}/v2/_catalog?last=x>; rel="next"`})
				.end('{"repositories":["acme/plain"]}');
		} else if (request.url!.includes('/tags/list')) {
			response.writeHead(200, {link: `<${urlOf('plain evil')}${request.url}>; rel="next"`}).end('{"tags":["latest"]}');
		} else if (part === 'blobs' && lure.startsWith('blob-')) {
			const back = `${urlOf('evil')}/back/${registries.indexOf(kind)}/v2/acme/plain/blobs/${reference}`;
			const to = {'blob-away': `${urlOf('evil')}/blob`, 'blob-to-http': `${urlOf('plain evil')}/blob`}[lure] ?? back;
			response.writeHead(307, {location: to}).end();
		} else if (part === 'manifests' && lure.startsWith('manifest-')) {
			const to = lure === 'manifest-away' ? urlOf('evil') : urlOf(kind).replace('https:', 'http:');
			response.writeHead(307, {location: `${to}${request.url}`}).end();
		} else {
			const type = 'mediaType' in found ? (found.mediaType as string) : 'application/octet-stream';
			response.writeHead(200, {'content-type': type, 'content-length': found.bytes.length}).end(found.bytes);
		}
	}

	test('each secret is received by its registry and the realm that this names, and no connection leads elsewhere', async () => {
		const traces = path.join(place.folder, 'traces');
		await mkdir(traces);
		const strace = [
			locate('strace')!,
			'-ff',
			'--seccomp-bpf',
			'-qq',
			'-o',
			path.join(traces, 'trace'),
			'-e',
			'trace=connect',
		];
		const wrapper = [...showingFiles({'/etc/hosts': path.join(place.folder, 'hosts')}), ...strace];
		const environment = {
			PATH: `${login.folder}/bin:${process.env.PATH}`,
			SSL_CERT_FILE: ca.cert,
			SSL_CERT_DIR: '/nowhere',
			XDG_RUNTIME_DIR: login.folder,
		};
		const references = registries.flatMap(kind =>
			lures.map(lure => `${new URL(urlOf(kind)).host}/acme/${lure}:latest`),
		);

		const {stdout} = await login.run(['verify', '--json', ...references], {environment, wrapper});
		for (const kind of ['password', 'realm'] as const) {
			await login.run(['probe', '--json', new URL(urlOf(kind)).host], {environment, wrapper});
		}

		// The honest repositories are read, so the logins were used.
		const {images} = JSON.parse(stdout) as {images: {reference: string; verdict: string}[]};
		expect(images.filter(({verdict}) => verdict === 'intact').map(({reference}) => reference)).toEqual(
			(['password', 'realm', 'identity token', 'registry token'] as const).map(
				kind => `${new URL(urlOf(kind)).host}/acme/plain:latest`,
			),
		);

		const secrets = [
			...registries.flatMap(kind => [secretOf(kind), tokenOf(kind)]),
			'secret-of-evil',
			'secret-of-auth',
		];
		const received = [...hosts].flatMap(([name, {heard}]) =>
			secrets.filter(secret => heard.some(text => text.includes(secret))).map(secret => `${secret} at ${name}`),
		);
		expect(received.toSorted()).toEqual(
			[
				'secret-of-password at password',
				'secret-of-realm at realm',
				'secret-of-realm at auth',
				'token-for-realm at realm',
				'secret-of-plain-realm at plain realm',
				'secret-of-redirecting-realm at redirecting realm',
				'secret-of-redirecting-realm at auth',
				'secret-of-identity-token at auth',
				'token-for-identity-token at identity token',
				'secret-of-registry-token at registry token',
			].toSorted(),
		);
		// Blobs may come from elsewhere: without any login, whatever is demanded there.
		const {heard} = hosts.get('evil')!;
		expect(heard.length).toBeGreaterThan(0);
		expect(heard.filter(text => /authorization|token/i.test(text))).toEqual([]);
		expect([hosts.get('plain evil')!.heard, hosts.get('plain auth')!.heard]).toEqual([[], []]);
		await expect(readFile(path.join(login.folder, 'helped'), 'utf8')).rejects.toMatchObject({code: 'ENOENT'});

		const ports = new Set<number>();
		for (const name of await readdir(traces)) {
			const text = await readFile(path.join(traces, name), 'utf8');
			for (const [, port, address] of text.matchAll(/sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)/g)) {
				expect(address).toBe('127.0.0.1');
				ports.add(Number(port));
			}

			expect(text).not.toMatch(/AF_INET6/);
		}
		const asked = [...registries, 'auth', 'evil'] as const;
		expect([...ports].toSorted()).toEqual(asked.map(name => hosts.get(name)!.port).toSorted());
	});
});
