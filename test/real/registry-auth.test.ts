import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createRegistry, type RegistryOptions} from '../../src/adapters/registry/registry.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import type {Registry} from '../../src/engine/ports/registry.ts';
import {walkImage} from '../../src/engine/verify/walk-image.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {createAuthority, type Pair} from '../support/certificates.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {startTokenService, type TokenService} from '../support/token-service.ts';

const {signal} = new AbortController();
const image = buildImage({seed: 'auth'});
const nora = async () => ({username: 'nora', password: 'right'});

describeReal('who may read, at distribution 2.8', ['docker-registry', 'openssl'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let authority: Awaited<ReturnType<typeof createAuthority>>;
	let store: Store;
	const opened: Registry[] = [];

	beforeAll(async () => {
		temporary = await temporaryFolder();
		authority = await createAuthority(temporary.folder);
		const root = path.join(temporary.folder, 'registry');
		await mkdir(root);
		store = openStore(root);
		await store.push('acme/app', 'latest', image);
		await store.push('acme/secret', 'latest', image);
	});

	afterAll(async () => {
		await Promise.all(opened.map(registry => registry.close()));
		await temporary?.[Symbol.asyncDispose]();
	});

	function open({host}: RealRegistry, options: Partial<RegistryOptions> = {}): Registry {
		const registry = createRegistry({
			host,
			url: `http://${host}`,
			clock: systemClock,
			credentials: async () => undefined,
			...options,
		});
		opened.push(registry);
		return registry;
	}

	const verify = (registry: Registry, repository = 'acme/app') =>
		walkImage(registry, parseReference(`${registry.host}/${repository}:latest`), {depth: 'edge', signal});

	describeReal('by tokens', ['docker-registry'], () => {
		let service: TokenService;
		let server: RealRegistry;

		beforeAll(async () => {
			const signer = await authority.sign('signer', {address: 'DNS:auth.acme.example'});
			service = await startTokenService(signer, (user, password) =>
				user === undefined
					? (scope, action) => scope.includes('acme/app') && action === 'pull'
					: password === 'right'
						? () => true
						: undefined,
			);
			server = await startDockerRegistry({
				root: store.root,
				folder: temporary.folder,
				token: {realm: service.realm, rootcertbundle: authority.ca.cert},
			});
		});

		afterAll(async () => {
			await server?.stop();
			await service?.[Symbol.asyncDispose]();
		});

		test('everybody gets a token for what is public, one for a whole walk', async () => {
			const registry = open(server);
			const before = service.asked.length;

			expect(await verify(registry)).toMatchObject({verdict: 'intact'});
			expect(service.asked.slice(before)).toEqual([
				{scopes: ['repository:acme/app:pull'], service: 'acme registry', user: undefined},
			]);
		});

		test('what is not public is refused to nobody in particular, and to nobody it is called missing', async () => {
			await expect(verify(open(server), 'acme/secret')).rejects.toMatchObject({code: 'registry.unauthorized'});
			expect(await verify(open(server, {credentials: nora}), 'acme/secret')).toMatchObject({verdict: 'intact'});
		});

		test('a wrong password is refused by the token service', async () => {
			const registry = open(server, {credentials: async () => ({username: 'nora', password: 'wrong'})});

			await expect(verify(registry)).rejects.toMatchObject({
				code: 'registry.unauthorized',
				exit: 'refused',
				message: expect.stringContaining('nora'),
			});
		});

		test('the catalogue and a write have scopes of their own', async () => {
			const registry = open(server, {credentials: nora});
			const before = service.asked.length;

			const names: string[] = [];
			for await (const name of registry.repositories({signal})) {
				names.push(name);
			}

			expect(names).toEqual(['acme/app', 'acme/secret']);
			const child = image.manifests[0]!;
			expect(await registry.putManifest('acme/app', child.digest, child, {signal})).toMatchObject({state: 'stored'});
			expect(service.asked.slice(before).map(({scopes}) => scopes)).toEqual([
				['registry:catalog:*'],
				['repository:acme/app:pull,push'],
			]);
		});

		test('a write that the token does not allow is refused, and that is certain', async () => {
			const child = image.manifests[0]!;

			await expect(open(server).putManifest('acme/app', child.digest, child, {signal})).rejects.toMatchObject({
				code: 'registry.unauthorized',
			});
		});

		test('a token that expires half-way costs a request, and no answer', async () => {
			const registry = open(server, {credentials: nora});
			// distribution lets a token live a minute longer than it says.
			service.lifetime.real = -58;
			expect(await registry.tags('acme/app', {signal})).toEqual(['latest']);
			const before = [registry.requests(), service.asked.length];
			service.lifetime.real = 300;

			await expect
				.poll(
					async () => {
						await registry.tags('acme/app', {signal});
						return service.asked.length - before[1]!;
					},
					{timeout: 4000},
				)
				.toBe(1);
			expect(await verify(registry)).toMatchObject({verdict: 'intact'});
		});

		test('a token made by a clock that is an hour behind is refused as such', async () => {
			service.lifetime.real = -3600;
			const before = service.asked.length;

			await expect(verify(open(server, {credentials: nora}))).rejects.toMatchObject({
				code: 'registry.token-refused',
				hint: expect.stringContaining('clocks'),
			});
			expect(service.asked.length - before).toBe(1);
			service.lifetime.real = 300;
		});
	});

	describeReal('by certificates', ['docker-registry'], () => {
		let server: RealRegistry;
		let pair: Pair;

		beforeAll(async () => {
			pair = await authority.sign('server');
			server = await startDockerRegistry({
				root: store.root,
				folder: temporary.folder,
				tls: {certificate: pair.cert, key: pair.key, clientca: authority.ca.cert},
			});
		});

		afterAll(() => server?.stop());

		const over = (options: Partial<RegistryOptions>) => open(server, {url: `https://${server.host}`, ...options});

		test('with the authority and a certificate of ours everything is read', async () => {
			const ours = await authority.sign('client', {address: 'DNS:client.acme.example'});
			const registry = over({
				caFile: authority.ca.cert,
				clientCertificate: {certFile: ours.cert, keyFile: ours.key},
			});

			expect(await verify(registry)).toMatchObject({verdict: 'intact'});
			expect(await verify(registry.fresh())).toMatchObject({verdict: 'intact'});
		});

		test.each([
			['without the authority', {}, 'no trusted authority'],
			['without a certificate of ours', {ca: true}, 'client certificate it trusts'],
			['with a certificate that somebody else signed', {ca: true, stranger: true}, 'client certificate it trusts'],
		])(
			'%s, TLS refuses and says why',
			async (_, {ca = false, stranger = false}: {ca?: boolean; stranger?: boolean}, says) => {
				const other = stranger ? await (await createAuthority(temporary.folder, 'other')).sign('stranger') : undefined;
				const registry = over({
					...(ca ? {caFile: authority.ca.cert} : {}),
					...(other ? {clientCertificate: {certFile: other.cert, keyFile: other.key}} : {}),
				});

				for (let n = 0; n < 5; n++) {
					await expect(registry.tags('acme/app', {signal})).rejects.toMatchObject({
						code: 'registry.tls',
						exit: 'refused',
						message: expect.stringContaining(says),
					});
				}
			},
		);
	});
});
