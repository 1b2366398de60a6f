import {spawnSync} from 'node:child_process';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {type RealServer, startPushgateway} from '../support/prometheus.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {registryVersion} from '../support/registry-program.ts';

const damaged = buildImage({seed: 'damaged', layers: 1});
const child = damaged.manifests[0]!;

describeReal(
	`a probe of distribution ${registryVersion}`,
	['docker-registry', 'prometheus-pushgateway', 'promtool'],
	() => {
		let place: Awaited<ReturnType<typeof temporaryFolder>>;
		let login: Login;
		let store: Store;
		let registry: RealRegistry;
		let gateway: RealServer;

		beforeAll(async () => {
			[place, login] = await Promise.all([temporaryFolder(), openLogin()]);
		});

		afterAll(async () => {
			await login?.[Symbol.asyncDispose]();
			await place?.[Symbol.asyncDispose]();
		});

		let count = 0;
		beforeEach(async () => {
			const root = path.join(place.folder, `root-${++count}`);
			await mkdir(root);
			store = openStore(root);
			await Promise.all([
				...['app/api', 'app/web', 'base', 'tool'].map(name =>
					store.push(name, 'v1', buildImage({seed: name, layers: 1})),
				),
				store.push('infra-ci', 'latest', damaged),
				store.push('infra-ci', '20260419', buildImage({seed: 'older', layers: 1})),
			]);
			// What remains where all tags were removed: "tags": null. And of a push that never came to its manifest: 404.
			await mkdir(path.join(store.base, 'repositories/emptied/_layers'), {recursive: true});
			await mkdir(path.join(store.base, 'repositories/emptied/_manifests/tags'), {recursive: true});
			await mkdir(path.join(store.base, 'repositories/begun/_layers'), {recursive: true});
			[registry, gateway] = await Promise.all([startDockerRegistry({root, folder: place.folder}), startPushgateway()]);
		});

		afterEach(async () => {
			await Promise.all([registry?.stop(), gateway?.stop()]);
		});

		const breakIt = () => store.remove(store.revisionLink('infra-ci', child.digest));
		const probe = (...more: string[]) => login.run(['probe', registry.host, '--push', gateway.url, ...more]);
		/** Series of this registry at the Pushgateway, without what all have in common. */
		const pushed = async () => {
			const text = await (await fetch(`${gateway.url}/metrics`)).text();
			const lines = text
				.split('\n')
				.filter(line => line.startsWith('registry_manifest_integrity_') && line.includes(registry.host));
			return Object.fromEntries(
				lines.map(line => {
					const [, name, labels, value] = /^registry_manifest_integrity_(\w+)\{(.*)\} (\S+)$/.exec(line)!;
					return [`${name} ${labels}`, Number(value)];
				}),
			);
		};
		const own = (more = '') => `instance="${registry.host}",job="registry-integrity-probe"${more}`;

		test('counts what is there, and the metrics arrive', async () => {
			const {exitCode, stdout, stderr} = await probe('--json');

			expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
			expect(JSON.parse(stdout)).toMatchObject({
				// An upload that never came to its manifest makes a repository on 2.8 only.
				listed: registryVersion === '2.8' ? 7 : 6,
				repositories: 6,
				tags: 6,
				indexes: 6,
				failures: 0,
				unknown: 0,
			});
			expect(await pushed()).toMatchObject({
				[`failures ${own()}`]: 0,
				[`catalog_accessible ${own()}`]: 1,
				[`repos_checked ${own()}`]: 6,
				[`tags_checked ${own()}`]: 6,
				[`indexes_checked ${own()}`]: 6,
				[`unknown ${own()}`]: 0,
			});
		});

		test('names the broken image, and takes its series away when it is mended', async () => {
			await breakIt();
			const series = `broken_image ${own()},kind="child-missing",repository="infra-ci",tag="latest"`;

			expect((await probe()).exitCode).toBe(3);
			expect(await pushed()).toMatchObject({[`failures ${own()}`]: 1, [series]: 1});

			await store.writeLink(store.revisionLink('infra-ci', child.digest), child.digest);
			expect((await probe()).exitCode).toBe(0);
			const mended = await pushed();
			expect(mended).toMatchObject({[`failures ${own()}`]: 0});
			expect(mended).not.toHaveProperty(series);
		});

		test('that is blind leaves the failures of the last run that could see', async () => {
			await breakIt();
			await probe();
			await registry.stop();

			const {exitCode} = await probe();

			expect(exitCode).toBe(6);
			expect(await pushed()).toMatchObject({
				[`failures ${own()}`]: 1,
				[`broken_image ${own()},kind="child-missing",repository="infra-ci",tag="latest"`]: 1,
				[`tags_checked ${own()}`]: 6,
				[`catalog_accessible ${own()}`]: 0,
			});
		});

		test('of the wrong store does not clear the alert', async () => {
			await breakIt();
			await probe();
			await store.remove(store.base);

			const {exitCode, stdout} = await probe();

			expect(exitCode).toBe(8);
			expect(stdout).toContain('{"repositories":[]}');
			expect(await pushed()).toMatchObject({[`failures ${own()}`]: 1, [`repos_checked ${own()}`]: 0});
		});

		test('that nobody hears of is a failed run, and says so', async () => {
			await gateway.stop();

			const {exitCode, stdout, stderr} = await probe();

			expect(exitCode).toBe(1);
			expect(stdout).toContain('intact');
			expect(stderr).toMatch(/^The metrics could not be pushed to 127\.0\.0\.1:\d+ \(ECONNREFUSED\)\.\n/);
		});

		test('in shards: each has a group of its own, and together they count everything', async () => {
			await breakIt();

			const runs = await Promise.all(['0/3', '1/3', '2/3'].map(shard => probe('--shard', shard)));

			expect(runs.map(({exitCode}) => exitCode).toSorted()).toEqual([0, 0, 3]);
			const series = Object.entries(await pushed());
			const sum = (name: string) =>
				series.filter(([key]) => key.startsWith(`${name} `)).reduce((total, [, value]) => total + value, 0);
			expect([sum('tags_checked'), sum('repos_checked'), sum('failures'), sum('broken_image')]).toEqual([6, 6, 1, 1]);
			expect(series.map(([key]) => key)).toContain(`tags_checked ${own(',shard="1/3"')}`);
		});

		test('writes what promtool finds nothing wrong with, and which stays so after a blind run', async () => {
			await breakIt();
			const file = path.join(place.folder, 'probe.prom');
			const lint = async () => spawnSync(locate('promtool')!, ['check', 'metrics'], {input: await readFile(file)});

			await login.run(['probe', registry.host, '--metrics-file', file]);
			const seeing = await lint();
			await registry.stop();
			await login.run(['probe', registry.host, '--metrics-file', file]);
			const blind = await lint();

			for (const {status, stderr, stdout} of [seeing, blind]) {
				expect({status, said: `${stdout}${stderr}`}).toEqual({status: 0, said: ''});
			}

			expect(await readFile(file, 'utf8')).toMatch(/^registry_manifest_integrity_failures\{.*\} 1$/m);
		});

		test('is told of by the configuration: its name, its role', async () => {
			await breakIt();
			const config = path.join(place.folder, 'regmedic.yaml');
			await writeFile(config, `registries: {mirror: {url: "http://${registry.host}", role: cache}}`);

			const [as, otherwise] = await Promise.all([
				login.run(['probe', '--config', config, '--fill-cache']),
				login.run(['probe', 'mirror', '--config', config, '--role', 'authoritative']),
			]);

			// A cache may lack children.
			expect([as.exitCode, otherwise.exitCode]).toEqual([0, 3]);
		});
	},
);
