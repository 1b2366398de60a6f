import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {chmod, open, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {writeLayout} from '../support/real-images.ts';

const lost = buildImage({seed: 'infra-ci'});
const built = buildImage({seed: 'rebuilt'});
/** With fewer platforms than the one that was lost. */
const another = buildImage({seed: 'another', platforms: ['linux/amd64'], attestations: false});

/**
 * What orders a build, as a CI's own command line does: it says which request it got, and the build pushes meanwhile. `mode` tells how
 * it goes.
 */
const scripts = (folder: string, host: string) => ({
	'order.sh': `#!/bin/sh
echo "$1 $REGMEDIC_REQUEST" >>'${folder}/orders'
case $(cat '${folder}/mode') in
	refuses) echo 'HTTP 422: no workflow image.yml' >&2; exit 1 ;;
	nothing | fails) exit 0 ;;
	another) image=another ;;
	held) : >'${folder}/ordering'; cat '${folder}/pipe'; image=built ;;
	*) image=built ;;
esac
skopeo copy --quiet --all --preserve-digests --dest-tls-verify=false "oci:${folder}/$image" docker://${host}/infra-ci:latest
`,
	'follow.sh': `#!/bin/sh
echo "$1" >>'${folder}/followed'
case $(cat '${folder}/mode') in fails) echo 'make: *** [image] Error 2'; exit 1 ;; esac
`,
});

describeReal('an image that the operator’s own command builds', ['docker-registry', 'skopeo', 'mkfifo'], () => {
	let login: Login;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let registry: RealRegistry;
	const inside = (name: string) => path.join(temporary.folder, name);
	const lines = async (name: string) =>
		(await readFile(inside(name), 'utf8').catch(() => '')).split('\n').filter(Boolean);

	beforeEach(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		store = openStore(inside('store'));
		await pushDamaged('infra-ci', lost);
		registry = await startDockerRegistry({root: store.root, folder: temporary.folder});
		for (const [name, image] of Object.entries({built, another})) {
			await layout(name, image);
		}

		for (const [name, text] of Object.entries(scripts(temporary.folder, registry.host))) {
			await writeFile(inside(name), text);
			await chmod(inside(name), 0o755);
		}

		await configure();
	});

	afterEach(async () => {
		await registry?.stop();
		await login?.[Symbol.asyncDispose]();
		await temporary?.[Symbol.asyncDispose]();
	});

	async function layout(name: string, image: BuiltImage) {
		await symlink(await writeLayout(temporary.folder, image, image.index), inside(name));
	}

	const buildOf = (more: object) => ({
		registry: 'private',
		build: {
			command: [inside('order.sh'), '{request}'],
			follow: [inside('follow.sh'), '{request}'],
			check: 'verify',
			pushes: ['latest'],
			...more,
		},
	});
	const configure = (images: Record<string, object> = {'infra-ci': buildOf({})}) =>
		writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({registries: {private: {url: `http://${registry.host}`, storage: {root: store.root}}}, images}),
		);

	/** As a collection leaves it. */
	async function pushDamaged(repository: string, image: BuiltImage) {
		await store.push(repository, 'latest', image);
		const [child] = image.manifests;
		await rm(path.dirname(store.revisionLink(repository, child!.digest)), {recursive: true});
		await rm(store.blobFile(child!.digest));
	}

	/** Plans the whole registry, and applies the plan: one incident. */
	async function respond(mode: string) {
		await writeFile(inside('mode'), mode);
		const planned = await login.run(['respond', '--registry', 'private', '--plan', 'plan.json']);
		expect(planned.exitCode, planned.stderr).toBe(3);
		const file = await readFile(path.join(login.folder, 'work/plan.json'));
		const plan = JSON.parse(file.toString()) as Plan;
		expect(plan.items).toMatchObject([{remedy: 'rebuild-command', destructive: false}]);
		const hash = createHash('sha256').update(file).digest('hex');
		return ['respond', '--apply', 'plan.json', '--approve', hash];
	}

	const tag = async () =>
		(
			await fetch(`http://${registry.host}/v2/infra-ci/manifests/latest`, {
				headers: {accept: 'application/vnd.oci.image.index.v1+json'},
			})
		).headers.get('docker-content-digest');

	test.each([
		['pushes', {exitCode: 0, outcome: 'done', verdict: 'intact', say: /./, orders: 1, followed: 1}],
		['refuses', {exitCode: 3, outcome: 'failed', verdict: null, say: /exit 1\..*\nHTTP 422/s, orders: 1, followed: 0}],
		[
			'fails',
			{
				exitCode: 3,
				outcome: 'failed',
				verdict: null,
				say: /The build failed.*\nmake: \*\*\*/s,
				orders: 1,
				followed: 1,
			},
		],
		[
			'nothing',
			{exitCode: 3, outcome: 'failed', verdict: null, say: /is not new: it pushed nothing/, orders: 1, followed: 1},
		],
	])(
		'a build that %s is told for what it is, by the registry',
		async (mode, expected) => {
			const args = await respond(mode);

			const {exitCode, stdout, stderr} = await login.run([...args, '--json']);

			const applied = JSON.parse(stdout);
			expect(applied.items, stderr).toMatchObject([
				{outcome: expected.outcome, say: expect.stringMatching(expected.say)},
			]);
			expect(applied.images).toMatchObject([{verdict: expected.verdict}]);
			expect(exitCode, stderr).toBe(expected.exitCode);
			expect(await lines('orders')).toEqual([expect.stringMatching(/^(\S+) \1$/)]);
			expect(await lines('followed')).toHaveLength(expected.followed);
			expect(await tag()).toBe(mode === 'pushes' ? built.index.digest : lost.index.digest);
		},
		180_000,
	);

	test('a build that pushes an image without a platform of the lost one is not called a repair', async () => {
		const args = await respond('another');

		const {exitCode, stdout, stderr} = await login.run([...args, '--json']);

		expect(JSON.parse(stdout).images, stderr).toMatchObject([
			{comparedToOriginal: {same: false, platforms: {lost: ['linux/arm64']}}},
		]);
		expect(exitCode, stderr).toBe(3);
		expect(await tag()).toBe(another.index.digest);
	}, 180_000);

	test('a base that is damaged too is repaired before what says that it is built from it', async () => {
		await pushDamaged('tools/base', buildImage({seed: 'base'}));
		await configure({'infra-ci': buildOf({from: ['tools/base', 'infra-ci']}), 'tools/base': buildOf({})});

		const planned = await login.run(['respond', '--registry', 'private', '--plan', 'plan.json']);

		expect(planned.exitCode, planned.stderr).toBe(3);
		const {items} = JSON.parse(await readFile(path.join(login.folder, 'work/plan.json'), 'utf8')) as Plan;
		expect(items).toMatchObject([
			{id: '1', image: expect.stringContaining('tools/base@'), after: []},
			{id: '2', image: expect.stringContaining('infra-ci@'), after: ['1']},
		]);
	}, 120_000);

	test('after a kill between order and reply nothing is ordered again: it is unsure until a person says', async () => {
		const args = await respond('held');
		execFileSync('mkfifo', [inside('pipe')]);
		const running = login.start(args);
		await until(async () => existsSync(inside('ordering')));
		running.process.kill('SIGKILL');
		await running.ended;
		// What was ordered goes on without whoever ordered it.
		await (await open(inside('pipe'), 'w')).close();
		await until(async () => (await tag()) === built.index.digest);

		const [name = ''] = /[\w-]*registry-damage[\w-]*/.exec((await login.run(['incidents'])).stdout) ?? [];
		const resumed = await login.run(['resume', name]);

		expect(`${resumed.stdout}${resumed.stderr}`.replace(/\s+/g, ' ')).toContain(
			'The order of the command cannot be looked up.',
		);
		expect(resumed.exitCode).not.toBe(0);
		expect(await lines('orders')).toHaveLength(1);
	}, 180_000);

	/** Other processes are waited for: nothing here tells of them. */
	async function until(holds: () => Promise<boolean>) {
		while (!(await holds())) {
			await pause(50);
		}
	}
});
