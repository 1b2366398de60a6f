import {copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {isIndexType} from '../../src/domain/image/media-type.ts';
import {platformsIn} from '../../src/domain/image/platforms-in.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import {compareToOriginal} from '../../src/domain/remedy/compare-to-original.ts';
import {walkImage} from '../../src/engine/verify/walk-image.ts';
import {connect} from '../adapters/registry/server.ts';
import {type BuildHost, buildHostPrograms, fileIn, logins, openBuildHost, type Program} from '../support/build-host.ts';
import {startFront, startRealm} from '../support/login-front.ts';
import {describeReal, locate, startDockerRegistry} from '../support/real.ts';
import {openBuildah} from '../support/real-images.ts';

/** What busybox is linked with. */
const libraries = [
	'lib/x86_64-linux-gnu/libresolv.so.2',
	'lib/x86_64-linux-gnu/libc.so.6',
	'lib64/ld-linux-x86-64.so.2',
];

const {signal} = new AbortController();

/** docker is the real command line, in front of Podman's service. */
const programs: Program[] = locate('docker') === undefined ? ['buildah', 'podman'] : ['buildah', 'podman', 'docker'];

describeReal('a fallback build that can be trusted', buildHostPrograms, () => {
	let host: BuildHost;

	beforeEach(async () => {
		host = await openBuildHost(await mkdtemp(path.join(tmpdir(), 'regmedic-trust-')));
	});

	afterEach(async () => {
		await host?.[Symbol.asyncDispose]();
		await rm(host.folder, {recursive: true, force: true});
	});

	const creds = ({username, password}: typeof logins.ours) => `${username}:${password}`;

	/** Puts an image with one file into the other registry. @returns its digest */
	async function pushBase(text: string): Promise<string> {
		const context = path.join(host.folder, 'base');
		await mkdir(context, {recursive: true});
		await writeFile(path.join(context, 'version'), text);
		await writeFile(path.join(context, 'Dockerfile'), 'FROM scratch\nCOPY version /version\n');
		await host.run('buildah', 'bud', '-t', 'base', context);
		const file = path.join(host.folder, 'base-digest');
		await host.run('buildah', 'push', '--digestfile', file, 'base', `docker://${host.other.host}/acme/base:1`);
		await host.run('buildah', 'rmi', 'base');
		return readFile(file, 'utf8');
	}

	/** What compares a repair with its original. */
	async function lookAt(name: string) {
		const image = parseReference(name);
		const registry = connect(
			{host: image.host},
			{url: `https://${image.host}`, credentials: async () => logins.ours, ca: await readFile(host.caFile, 'utf8')},
		);
		try {
			const check = await walkImage(registry, image, {depth: 'content', platforms: {}, signal});
			expect(check.verdict).toBe('intact');
			const platforms = platformsIn(check);
			return {digest: check.digest!, isIndex: isIndexType(check.mediaType), ...(platforms && {platforms})};
		} finally {
			await registry.close();
		}
	}

	/** The files of an image that was pushed, by their names. */
	async function contentOf(name: string, file: string): Promise<string> {
		const target = await mkdtemp(path.join(host.folder, 'pulled-'));
		await host.run('skopeo', 'copy', `--src-creds=${creds(logins.ours)}`, `docker://${name}`, `dir:${target}`);
		const {layers} = JSON.parse(await readFile(path.join(target, 'manifest.json'), 'utf8')) as {
			layers: {digest: string}[];
		};
		for (const {digest} of layers.reverse()) {
			const found = await host
				.run('tar', '-xOf', path.join(target, digest.slice('sha256:'.length)), file)
				.catch(() => undefined);
			if (found !== undefined) {
				return found;
			}
		}

		throw new Error(`${name} has no ${file}`);
	}

	test.each(programs)(
		'%s pulls the base anew with the host’s own login, records its digest, and leaves the host as it was',
		async program => {
			await pushBase('old');
			const base = `${host.other.host}/acme/base:1`;
			await host.run(program, 'pull', base);
			const digest = await pushBase('new');
			await host.commit({Dockerfile: `FROM ${base}\nCOPY tool /tool\n`, tool: 'x'});
			const images = await host.images(program);
			const [config, auth] = [await fileIn(host, 'docker/config.json'), await fileIn(host, 'auth.json')];

			await host.builder.start(host.order({program, bases: [base]}), {signal});
			const status = await host.ended('trust-1');

			expect(status, (await host.builder.log('trust-1', 0, {signal})).text).toEqual({
				state: 'pushed',
				digest: expect.stringMatching(/^sha256:/),
				bases: [{name: base, digest}],
			});
			expect(await contentOf(`${host.registry.host}/infra-ci:latest`, 'version')).toBe('new');
			// The older copy of the base has lost its name to the new one.
			expect((await host.images(program)).filter(name => !name.includes('<none>'))).toEqual(images);
			expect(await fileIn(host, 'docker/config.json')).toBe(config);
			expect(await fileIn(host, 'auth.json')).toBe(auth);
			const left = await readdir(path.join(host.home, '.cache/regmedic/builds/trust-1'));
			expect(left.filter(name => ['auth', 'source', 'made', 'retag', 'before'].includes(name))).toEqual([]);
		},
	);

	test.each(programs.filter(program => program !== 'docker'))(
		'amd64 and arm64 that %s builds again from scratch compare equal to the original',
		async program => {
			const name = `${host.registry.host}/infra-ci:latest`;
			const platforms = ['linux/amd64', 'linux/arm64'];
			const buildah = await openBuildah(path.join(host.folder, 'original'));
			await buildah.buildAndPush({platforms, to: name, credentials: logins.ours});
			const before = await lookAt(name);
			await host.commit({Dockerfile: 'ARG FROM=x\nFROM scratch\nARG GO\nCOPY tool /tool\n', tool: 'rebuilt'});

			await host.builder.start(host.order({program, platforms, args: {GO: '1.26'}}), {signal});
			const status = await host.ended('trust-1');
			const now = await lookAt(name);

			expect(status, (await host.builder.log('trust-1', 0, {signal})).text).toEqual({
				state: 'pushed',
				digest: now.digest,
			});
			expect(now.digest).not.toBe(before.digest);
			const original = {...before, tags: ['latest']};
			expect(compareToOriginal(original, {...now, tags: new Map([['latest', now.digest]])})).toEqual({
				same: true,
				platforms: {lost: [], new: []},
				mediaType: true,
				tags: {lost: [], moved: []},
			});
			expect(await host.images(program)).toEqual([]);
		},
	);

	test.each(programs)('%s removes what a killed build left when the next one starts', async program => {
		await host.commit({Dockerfile: 'FROM scratch\nCOPY tool /tool\n', tool: 'x'});
		const bin = path.join(host.folder, 'bin');
		const pipe = path.join(host.folder, 'held');
		await mkdir(bin);
		await host.run('mkfifo', pipe);
		await writeFile(
			path.join(bin, program),
			`#!/bin/sh\n[ "$1" != push ] || cat '${pipe}'\nexec ${locate(program)} "$@"\n`,
			{
				mode: 0o755,
			},
		);
		const environment = {...host.order({}).environment, PATH: `${bin}:${host.env.PATH}`};
		await host.builder.start(host.order({program, environment}), {signal});
		const file = (name: string) => path.join(host.home, '.cache/regmedic/builds/trust-1', name);
		// The held push has opened the pipe once this one is open.
		const held = await open(pipe, 'w');
		const built = await host.images(program);
		const pid = Number((await readFile(file('pid'), 'utf8')).split('\n')[0]);
		process.kill(-pid, 'SIGKILL');
		await held.close();

		expect(await host.ended('trust-1')).toEqual({state: 'vanished', stage: 'push'});
		await host.builder.start(host.order({program, requestId: 'trust-2'}), {signal});

		expect(await host.ended('trust-2'), (await host.builder.log('trust-2', 0, {signal})).text).toMatchObject({
			state: 'pushed',
		});
		expect(built).not.toEqual([]);
		expect(await host.images(program)).toEqual([]);
		expect(await readdir(path.dirname(file('log')))).not.toContain('source');
	});

	test('a build gets its arguments, and its secrets from files of the host, which no layer keeps', async () => {
		const commit = () =>
			host.commit({
				Dockerfile:
					'FROM scratch\nARG GO\nCOPY root/ /\nRUN --mount=type=secret,id=token /bin/busybox sh -c "echo \\"$GO\\"; /bin/busybox wc -c </run/secrets/token" >/out\n',
			});
		const root = path.join(host.folder, 'infra/root');
		for (const each of ['bin/busybox', ...libraries]) {
			await mkdir(path.dirname(path.join(root, each)), {recursive: true});
			await copyFile(each === 'bin/busybox' ? locate('busybox')! : `/${each}`, path.join(root, each));
		}

		await symlink('busybox', path.join(root, 'bin/sh'));
		await commit();
		const token = path.join(host.folder, 'token');
		await writeFile(token, 'canary-tune\n');

		await host.builder.start(host.order({args: {GO: '1.26 rc'}, secrets: {token}}), {signal});
		const status = await host.ended('trust-1');

		expect(status, (await host.builder.log('trust-1', 0, {signal})).text).toMatchObject({state: 'pushed'});
		expect(await contentOf(`${host.registry.host}/infra-ci:latest`, 'out')).toBe('1.26 rc\n12');
		const found = await host.run('sh', '-c', 'grep -rl canary-tune "$1" || :', 'sh', path.join(host.folder, 'one'));
		expect(found).toBe('');
	});

	// Podman's service of 4.3 does not pass docker's identity token on; docker's server does (moby registry/auth.go).
	test.each(programs.filter(program => program !== 'docker'))(
		'%s pushes with the identity token of docker’s file, which no argument and no log shows',
		async program => {
			await using stack = new AsyncDisposableStack();
			const root = path.join(host.folder, 'open');
			const variables = {REGISTRY_HTTP_RELATIVEURLS: 'true'};
			const registry = await startDockerRegistry({root, folder: host.folder, variables});
			stack.defer(() => registry.stop());
			const pair = {cert: path.join(host.folder, 'registry.pem'), key: path.join(host.folder, 'registry.key')};
			const identityToken = 'canary"\\identity/token';
			const tokens = new Map();
			const realm = await startRealm({pair, identityToken, tokens});
			stack.defer(() => realm.stop());
			const demand = {kind: 'bearer', realm: `https://127.0.0.1:${realm.port}/token`, tokens} as const;
			const front = await startFront({pair, backend: registry.host, demand});
			stack.defer(() => front.stop());
			await host.commit({Dockerfile: 'FROM scratch\nCOPY tool /tool\n', tool: 'x'});

			const images = [`127.0.0.1:${front.port}/infra-ci:latest`];
			await host.builder.start(host.order({program, images, credentials: {identityToken}}), {signal});
			const status = await host.ended('trust-1');
			const {text} = await host.builder.log('trust-1', 0, {signal});

			expect(status, text).toMatchObject({state: 'pushed', digest: expect.stringMatching(/^sha256:/)});
			expect(text).not.toContain('canary');
			expect(realm.heard.some(({form}) => new URLSearchParams(form).get('refresh_token') === identityToken)).toBe(true);
			const left = await host.run('sh', '-c', 'grep -rl canary "$1" || :', 'sh', host.home);
			expect(left).toBe('');
		},
	);
});
