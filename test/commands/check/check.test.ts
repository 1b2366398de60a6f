import {once} from 'node:events';
import {mkdir, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {expect, it} from 'vitest';
import {restartCommand} from '../../../src/drills/host-programs.ts';
import {testWorld} from '../../drills/drill.ts';
import {openLogin} from '../../support/cli.ts';

it('a registry that cannot be opened does not keep the others from being checked', async () => {
	await using login = await openLogin();
	const folder = path.join(login.folder, 'work');
	await mkdir(path.join(folder, 'empty'));
	await writeFile(
		path.join(folder, 'regmedic.yaml'),
		JSON.stringify({
			registries: {
				first: {
					url: 'https://registry.acme.example',
					clientCertificate: {certFile: 'no.crt', keyFile: 'no.key'},
				},
				second: {url: 'http://127.0.0.1:1', storage: {root: path.join(folder, 'nowhere')}},
				third: {url: 'http://127.0.0.1:2', storage: {root: path.join(folder, 'empty')}},
			},
		}),
	);

	const {exitCode, stdout} = await login.run(['check', '--json']);

	expect(exitCode).toBe(4);
	const {checks} = JSON.parse(stdout);
	expect(checks.map(({what, ok}: {what: string; ok: boolean}) => `${what}: ${ok}`)).toEqual([
		'configuration: true',
		'registry first: false',
		'registry second: false',
		'storage second: false',
		'registry third: false',
		'storage third: false',
	]);
	expect(checks[3]).toMatchObject({hint: expect.stringContaining('as its host sees it')});
	expect(checks[5].say).toContain("is not a registry's storage: it holds no docker/registry/v2");

	const lines = (await login.run(['check'])).stdout.split('\n');
	const words = lines.filter(line => line.trim().includes(' ') && !line.includes(folder));
	expect(Math.max(...words.map(line => line.length))).toBeLessThanOrEqual(80);
});

it('without a configuration it says where it looked', async () => {
	await using login = await openLogin();

	const {exitCode, stdout} = await login.run(['check', '--json']);

	expect(exitCode).toBe(0);
	expect(JSON.parse(stdout).checks[0].say).toBe(
		`none: there is no ${path.join(login.folder, 'work/regmedic.yaml')} and no ${path.join(login.folder, 'config/regmedic/config.yaml')}; only what the command line names can be used`,
	);
});

it.each([[['--ssh', 'vm']], [['--root', '/d']], [['--path', '/d', '--ssh', 'vm', '--root', '/d']]])(
	'an audit with half a storage, or two, is a usage error: %j',
	async options => {
		await using login = await openLogin();
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({registries: {private: {url: 'http://127.0.0.1:1', storage: {root: '/tmp'}}}}),
		);

		expect((await login.run(['audit', 'private', ...options])).exitCode).toBe(2);
	},
);

it('refused credentials are reported with their source', async () => {
	await using login = await openLogin();
	const server = createServer((_request, response) => {
		response.writeHead(401, {'WWW-Authenticate': 'Basic realm="acme"'}).end();
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	const credentials = {username: 'nora', password: {command: ['echo', 'wrong']}};
	await writeFile(
		path.join(login.folder, 'work/regmedic.yaml'),
		JSON.stringify({registries: {private: {url: `http://127.0.0.1:${port}`, credentials}}}),
	);

	const {exitCode, stdout} = await login.run(['check', '--json']);
	server.close();

	expect(exitCode).toBe(5);
	expect(JSON.parse(stdout).checks[1]).toMatchObject({
		say: expect.stringContaining('refuses the credentials of nora'),
		hint: expect.stringContaining('The credentials come from the command echo.'),
	});
});

it('a registry is told with the login that it let in, its token service and its limit; --verbose tells them, too', async () => {
	await using login = await openLogin();
	const server = createServer((request, response) => {
		const {host, authorization} = request.headers;
		if (request.url!.startsWith('/token')) {
			response.end('{"token":"t"}');
		} else if (authorization === 'Bearer t') {
			const limit = {'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '99;w=21600'};
			response.writeHead(404, limit).end('{"errors":[{"code":"NAME_UNKNOWN","message":"unknown"}]}');
		} else {
			const realm = `http://localhost:${host!.split(':')[1]}/token`;
			response.writeHead(401, {'WWW-Authenticate': `Bearer realm="${realm}",service="acme"`}).end();
		}
	}).listen(0);
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	const host = `127.0.0.1:${port}`;
	const file = path.join(login.folder, '.docker/config.json');
	await mkdir(path.dirname(file));
	await writeFile(file, JSON.stringify({auths: {[host]: {username: 'nora', password: 'right'}}}));
	await writeFile(
		path.join(login.folder, 'work/regmedic.yaml'),
		JSON.stringify({registries: {private: {url: `http://${host}`, credentials: {docker: true}}}}),
	);

	const checked = await login.run(['check', '--json']);
	const {stderr} = await login.run(['verify', '--verbose', `${host}/acme/app:latest`]);
	const quiet = await login.run(['verify', `${host}/acme/app:latest`]);
	server.close();

	const who = `nora (the entry "${host}" of ${file}), with tokens of http://localhost:${port}`;
	const limit = '99 of 100 requests are left in 6 h';
	expect(JSON.parse(checked.stdout).checks.slice(1)).toEqual([
		expect.objectContaining({what: 'registry private', ok: true}),
		{what: 'login private', ok: true, say: `${host} lets in ${who}`},
		{what: 'rate limit private', ok: true, say: limit},
	]);
	expect(stderr).toContain(`${host} was asked as ${who}.\n${host} limits its requests: ${limit}.\n`);
	expect(quiet.stderr).not.toContain('nora');
});

it('a token that opens only other repositories is no wrong login', async () => {
	await using login = await openLogin();
	const server = createServer((request, response) => {
		if (request.url!.startsWith('/token')) {
			response.end('{"token":"t"}');
		} else {
			const realm = `http://${request.headers.host}/token`;
			response.writeHead(401, {'WWW-Authenticate': `Bearer realm="${realm}",service="acme"`}).end();
		}
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const credentials = {username: 'nora', password: {command: ['echo', 'right']}};
	const check = async (images: object) => {
		const registries = {private: {url, credentials}};
		await writeFile(path.join(login.folder, 'work/regmedic.yaml'), JSON.stringify({registries, images}));
		return JSON.parse((await login.run(['check', '--json'])).stdout).checks[1];
	};

	expect(await check({})).toMatchObject({ok: true, say: expect.stringContaining('it forbids regmedic-check')});
	expect(await check({'acme/app': {registry: 'private'}})).toMatchObject({
		ok: false,
		say: expect.stringContaining('forbids access to acme/app to nora'),
	});
	server.close();
});

it('the CI is checked with its token and the repository of the build', async () => {
	await using login = await openLogin();
	await using drill = await testWorld();
	const {registryUrl, repository, registryCredentials, ci} = drill.world;
	const check = async (token: string, project: string, others: object = {}) => {
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({
				registries: {
					private: {url: registryUrl, credentials: {env: {username: 'REG_USER', password: 'REG_PASS'}}},
				},
				woodpecker: {url: ci.url, token: {env: 'CI_TOKEN'}},
				images: {[repository]: {registry: 'private', build: {repository: project, branch: ci.branch}}, ...others},
			}),
		);
		const {username, password} = registryCredentials;
		const environment = {REG_USER: username, REG_PASS: password, CI_TOKEN: token};
		const {exitCode, stdout} = await login.run(['check', '--json'], {environment});
		return {exitCode, line: JSON.parse(stdout).checks.at(-1)};
	};

	const good = await check(ci.token, ci.repository);
	const wrongToken = await check('wrong-token', ci.repository);
	const wrongRepository = await check(ci.token, 'acme/none');
	const usedBy = {tools: {registry: 'private', usedByPipelines: [ci.repository, 'acme/none']}};
	const wrongUse = await check(ci.token, ci.repository, usedBy);

	expect(good).toMatchObject({exitCode: 0, line: {what: `CI for ${repository}`, ok: true}});
	expect(good.line.say).toContain(
		`may start pipelines of ${ci.repository} on ${ci.branch}, and no manual pipeline was found there`,
	);
	expect(wrongToken).toMatchObject({exitCode: 5, line: {ok: false, hint: expect.stringMatching(/token/i)}});
	expect(wrongRepository).toMatchObject({line: {ok: false, say: expect.stringContaining('acme/none')}});
	expect(wrongUse.line).toMatchObject({
		what: 'CI that runs in tools',
		ok: false,
		say: expect.stringContaining('acme/none'),
	});
});

it('the host of a drill can restart its registry and build without CI, and each of it can be wrong', async () => {
	await using login = await openLogin();
	await using drill = await testWorld();
	const {registryUrl, repository, registryCredentials, ssh, storageRoot} = drill.world;
	const check = async (storage: object, fallback: object) => {
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({
				registries: {
					private: {
						url: registryUrl,
						credentials: {env: {username: 'REG_USER', password: 'REG_PASS'}},
						storage: {
							ssh: ssh.alias,
							sshConfig: ssh.configFile,
							root: storageRoot,
							restart: restartCommand,
							...storage,
						},
					},
				},
				images: {
					[repository]: {
						registry: 'private',
						fallback: {on: 'vm', git: 'https://git.acme.example/infra', branch: 'main', context: 'ci', ...fallback},
					},
				},
			}),
		);
		const {username, password} = registryCredentials;
		const {exitCode, stdout} = await login.run(['check', '--json'], {
			environment: {REG_USER: username, REG_PASS: password},
		});
		const checks = JSON.parse(stdout).checks as {what: string; ok: boolean; say: string; hint?: string}[];
		return {exitCode, checks, wrong: checks.filter(({ok}) => !ok)};
	};

	const good = await check({}, {});
	expect(good.wrong).toEqual([]);
	expect(good.exitCode).toBe(0);
	expect(good.checks.map(({what}) => what).slice(3)).toEqual([
		'storage private',
		'registry and storage private',
		'restart private',
		`fallback of ${repository}: builder`,
		`fallback of ${repository}: git`,
		`fallback of ${repository}: Dockerfile`,
	]);

	const bad = await check({restart: 'docker-nowhere restart'}, {branch: 'none'});
	expect(bad.exitCode).toBe(4);
	expect(bad.wrong.map(({say}) => say)).toEqual([
		expect.stringContaining('docker-nowhere is not there'),
		expect.stringContaining('Remote branch none not found'),
	]);
	expect(bad.wrong.every(({hint}) => hint !== undefined)).toBe(true);

	const elsewhere = await check({}, {context: 'images/ci'});
	expect(elsewhere.wrong).toMatchObject([{say: expect.stringContaining('has no folder images/ci')}]);
});
