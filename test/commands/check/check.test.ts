import {once} from 'node:events';
import {mkdir, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {expect, it} from 'vitest';
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
		'storage third: true',
	]);
	expect(checks[3]).toMatchObject({hint: expect.stringContaining('storage.root')});
	expect(checks[5].say).toContain('no repository is in it');

	const lines = (await login.run(['check'])).stdout.split('\n');
	const words = lines.filter(line => line.trim().includes(' ') && !line.includes(folder));
	expect(Math.max(...words.map(line => line.length))).toBeLessThanOrEqual(80);
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
		hint: 'The credentials come from the command echo: correct them there.',
	});
});

it('the CI is checked with its token and the repository of the build', async () => {
	await using login = await openLogin();
	await using drill = await testWorld();
	const {registryUrl, repository, registryCredentials, ci} = drill.world;
	const check = async (token: string, project: string) => {
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({
				registries: {
					private: {url: registryUrl, credentials: {env: {username: 'REG_USER', password: 'REG_PASS'}}},
				},
				woodpecker: {url: ci.url, token: {env: 'CI_TOKEN'}},
				images: {[repository]: {registry: 'private', build: {repository: project, branch: ci.branch}}},
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

	expect(good).toMatchObject({exitCode: 0, line: {what: `CI for ${repository}`, ok: true}});
	expect(good.line.say).toContain(`can see ${ci.repository}`);
	expect(wrongToken).toMatchObject({exitCode: 5, line: {ok: false, hint: expect.stringMatching(/token/i)}});
	expect(wrongRepository).toMatchObject({line: {ok: false, say: expect.stringContaining('acme/none')}});
});
