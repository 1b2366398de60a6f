import {execFile} from 'node:child_process';
import {mkdir, readdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {pathWithout} from '../support/path-without.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

const run = promisify(execFile);

describeReal('`check` on real servers', ['docker-registry', 'sshd', 'ssh', 'git', 'buildah'], () => {
	let login: Login;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let registry: RealRegistry;
	let sshd: RealSshd;
	let temp: string;
	let home: string;
	const inside = (...names: string[]) => path.join(temporary.folder, ...names);

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		[temp, home] = [inside('tmp'), inside('home')];
		await Promise.all([temp, home, inside('infra/ci')].map(folder => mkdir(folder, {recursive: true})));
		await writeFile(inside('infra/ci/Dockerfile'), 'FROM scratch\n');
		const git = (...args: string[]) =>
			run('git', ['-C', inside('infra'), '-c', 'user.name=octocat', '-c', 'user.email=octocat@git.example', ...args]);
		await git('init', '--quiet', '--initial-branch=master');
		await git('add', '.');
		await git('commit', '--quiet', '--message=Build');
		const store = openStore(inside('storage'));
		await store.push('infra-ci', 'latest', buildImage({seed: 'ci', platforms: ['linux/amd64'], attestations: false}));
		const programs = await pathWithout(['podman'], inside('bin'));
		[registry, sshd] = await Promise.all([
			startDockerRegistry({root: store.root, folder: temporary.folder}),
			startSshd({
				folder: temporary.folder,
				options: [`SetEnv HOME=${home} TMPDIR=${temp} PATH=${programs}`],
			}),
		]);
	});

	afterAll(async () => {
		await registry?.stop();
		await sshd?.stop();
		await login[Symbol.asyncDispose]();
		await temporary[Symbol.asyncDispose]();
	});

	async function check({storage = {}, fallback = {}}: {storage?: object; fallback?: object} = {}) {
		const all = {ssh: sshd.alias, sshConfig: sshd.configFile, root: inside('storage'), restart: 'true', ...storage};
		const build = {on: 'vm', git: `file://${inside('infra')}`, context: 'ci', builder: 'buildah', ...fallback};
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({
				registries: {private: {url: `http://${registry.host}`, storage: all}},
				images: {'infra-ci': {registry: 'private', fallback: {...build, environment: {STORAGE_DRIVER: 'vfs'}}}},
			}),
		);
		const {exitCode, stdout, stderr} = await login.run(['check', '--json']);
		expect(stderr).toBe('');
		const checks = JSON.parse(stdout).checks as {what: string; ok: boolean; say: string; hint?: string}[];
		const wrong = checks.filter(({ok}) => !ok);
		expect(wrong.filter(({hint}) => hint === undefined)).toEqual([]);
		return {exitCode, checks, wrong: wrong.map(({what, say}) => `${what}: ${say}`)};
	}

	it('everything is ok where everything is, and nothing is left on the host', async () => {
		const {exitCode, checks, wrong} = await check();

		expect(wrong).toEqual([]);
		expect(exitCode).toBe(0);
		const say = (what: string) => checks.find(line => line.what === what)?.say;
		expect(say('storage private')).toContain('a scan can read all of it');
		expect(say('registry and storage private')).toContain('serves what');
		expect(say('fallback of infra-ci: builder')).toBe('buildah works on vm');
		expect(say('fallback of infra-ci: git')).toMatch(/vm can clone file:.* at commit [0-9a-f]{12}; nothing was built/);
		expect(say('fallback of infra-ci: Dockerfile')).toBe('ci/Dockerfile is there');
		expect(await readdir(temp)).toEqual([]);
		expect(await readdir(home)).toEqual([]);
	});

	it.each([
		[
			'a restart program that is not there',
			{storage: {restart: 'sudo-nowhere docker'}},
			4,
			/restart private: .*sudo-nowhere is not there/,
		],
		['a root that is no store', {storage: {root: '/etc'}}, 4, /storage private: .*it holds no docker\/registry\/v2/],
		[
			'a git that does not exist',
			{fallback: {git: 'file:///no/where'}},
			1,
			/git: vm can't clone .*(?:does not exist|not appear to be a git repository)/,
		],
		[
			'a git that nobody may log in to',
			{fallback: {git: 'https://127.0.0.1:1/x'}},
			1,
			/git: vm can't clone .*127\.0\.0\.1/,
		],
		[
			'a branch that is not there',
			{fallback: {branch: 'none'}},
			1,
			/git: vm can't clone .*Remote branch none not found/,
		],
		[
			'a builder that is not there',
			{fallback: {builder: 'podman'}},
			1,
			/builder: No build program works on vm: podman is not installed/,
		],
		['a context that is not there', {fallback: {context: 'images'}}, 4, /Dockerfile: .* has no folder images/],
		[
			'a Dockerfile that is not there',
			{fallback: {dockerfile: 'Containerfile'}},
			4,
			/Dockerfile: .* has no ci\/Containerfile and no Containerfile/,
		],
	])('%s is the one line that is not ok', async (_, broken, exit, line) => {
		const {exitCode, wrong} = await check(broken);

		expect(wrong).toEqual([expect.stringMatching(line)]);
		expect(exitCode).toBe(exit);
		expect(await readdir(temp)).toEqual([]);
	});
});
