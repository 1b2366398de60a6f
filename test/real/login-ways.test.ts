import {execFile} from 'node:child_process';
import {chmod, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {createAuthority, type Pair} from '../support/certificates.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {type Front, startFront, startRealm} from '../support/login-front.ts';
import {type FrontName, type Way, ways} from '../support/login-ways.ts';
import {canShowFiles, showingFiles} from '../support/own-etc.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

const run = promisify(execFile);
const [registryName, realmName] = ['registry.acme.example', 'auth.acme.example'];
const identityToken = 'an-identity-token';

type Outcome = 'works' | 'does not know it';
type Outcomes = {skopeo: Outcome; docker: Outcome; regmedic: {exitCode: number | null; said: string}};

const programs = [
	'docker-registry',
	'openssl',
	'skopeo',
	'docker',
	'podman',
	'buildah',
	...(canShowFiles() ? ['unshare'] : []),
];

describeReal('how a machine can be logged in', programs, () => {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let registry: RealRegistry;
	let ca: Pair;
	let client: Pair;
	let realm: Front;
	const fronts = new Map<FrontName, Front>();
	const homes: Login[] = [];

	beforeAll(async () => {
		place = await temporaryFolder();
		const authority = await createAuthority(place.folder);
		ca = authority.ca;
		client = await authority.sign('client', {address: 'DNS:client.acme.example'});
		const pair = await authority.sign('server', {address: `DNS:${registryName},DNS:${realmName}`});
		await writeFile(path.join(place.folder, 'hosts'), `127.0.0.1 localhost ${registryName} ${realmName}\n`);

		const store = openStore(path.join(place.folder, 'root'));
		for (const repository of ['acme/app', 'acme/secret', 'acme/open']) {
			await store.push(repository, 'latest', buildImage({seed: 'ways'}));
		}

		registry = await startDockerRegistry({root: store.root, folder: place.folder});
		const tokens = new Map();
		realm = await startRealm({pair, identityToken, tokens});
		const bearer = (name: string, at: string) =>
			({kind: 'bearer', realm: `https://${name}:${realm.port}/${at}`, tokens}) as const;
		for (const [name, demand] of [
			['basic', {kind: 'basic'}],
			['nothing', {kind: 'nothing'}],
			['registry-token', {kind: 'registry-token', token: 'given-token'}],
			['certificate', {kind: 'certificate', ca: ca.cert}],
			['offline', bearer(registryName, 'offline/token')],
			['elsewhere', bearer(realmName, 'token')],
		] as const) {
			fronts.set(name, await startFront({pair, backend: registry.host, demand}));
		}
	});

	afterAll(async () => {
		await Promise.all([realm, registry, ...fronts.values()].map(each => each?.stop()));
		await Promise.all(homes.map(home => home[Symbol.asyncDispose]()));
		await place?.[Symbol.asyncDispose]();
	});

	async function outcomesOf({front: name, repository = 'acme/app', make}: Way): Promise<Outcomes> {
		const front = fronts.get(name)!;
		const host = `${registryName}:${front.port}`;
		const login = await openLogin();
		homes.push(login);
		const home = login.folder;
		const variables = {
			PATH: `${home}/bin:${process.env.PATH}`,
			HOME: home,
			XDG_RUNTIME_DIR: `${home}/run`,
			XDG_CONFIG_HOME: `${home}/config`,
			SSL_CERT_FILE: ca.cert,
			SSL_CERT_DIR: '/nowhere',
		};
		const wrapper = showingFiles({'/etc/hosts': path.join(place.folder, 'hosts')});
		const write = async (file: string, content: unknown) => {
			await mkdir(path.dirname(path.join(home, file)), {recursive: true});
			await writeFile(path.join(home, file), typeof content === 'string' ? content : JSON.stringify(content));
		};
		await Promise.all([mkdir(variables.XDG_RUNTIME_DIR), mkdir(`${home}/own`)]);
		const made = await make({
			host,
			home,
			write,
			ca: ca.cert,
			client,
			async run(words, input = '', environment = {}) {
				const [program, ...args] = [...wrapper, ...words];
				const running = run(program!, args, {env: {...variables, ...environment}});
				running.child.stdin!.end(input);
				await running;
			},
			async program(file, script) {
				await write(`bin/${file}`, `#!/bin/sh\n${script}\n`);
				await chmod(`${home}/bin/${file}`, 0o755);
			},
		});

		const image = `${host}/${repository}:latest`;
		const environment = {...variables, ...made?.environment};
		const shown = showingFiles({'/etc/hosts': path.join(place.folder, 'hosts'), ...made?.etc});
		const control = (...words: string[]): Promise<Outcome> => {
			const [program, ...args] = [...shown, ...words];
			return run(program!, args, {env: environment}).then(
				() => 'works',
				() => 'does not know it',
			);
		};
		const skopeo = await control('skopeo', 'inspect', '--raw', `docker://${image}`);
		const docker = await control('docker', 'manifest', 'inspect', image);
		const {exitCode, stdout, stderr} = await login.run(['verify', image], {environment, wrapper: shown});
		return {skopeo, docker, regmedic: {exitCode, said: `${stdout}${stderr}`}};
	}

	const known = new Map<Way, Promise<Outcomes>>();
	function outcomes(way: Way): Promise<Outcomes> {
		const found = known.get(way) ?? outcomesOf(way);
		known.set(way, found);
		return found;
	}

	test.each(ways)('$title: verified, as skopeo or docker can read it', async way => {
		const {skopeo, docker, regmedic} = await outcomes(way);

		expect([skopeo, docker]).toContain('works');
		expect(regmedic).toEqual({exitCode: 0, said: expect.stringContaining('intact')});
	});

	test('docs/login-ways.md is the table of them', async () => {
		const rows: string[] = [];
		for (const way of ways) {
			const {skopeo, docker, regmedic} = await outcomes(way);
			rows.push(
				`| ${rows.length + 1} | ${way.title} | ${way.writtenBy} | ${skopeo} | ${docker} | ${regmedic.exitCode === 0 ? 'works' : 'fails'} |`,
			);
		}

		await expect(`# How a machine can be logged in

Each way was written by the program that usually writes it, where it runs here, and read by \`skopeo inspect\`, \`docker manifest inspect\` and
\`regmedic verify\` on the same machine. The registry is \`docker-registry\` behind a proxy with TLS that demands the login. Made by
\`test/real/login-ways.test.ts\`.

| | way | written by | skopeo | docker | regmedic |
| ---: | --- | --- | --- | --- | --- |
${rows.join('\n')}
`).toMatchFileSnapshot('../../docs/login-ways.md');
	});
});
