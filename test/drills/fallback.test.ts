import {expect, test} from 'vitest';
import {canPull} from '../../src/drills/images/registry-client.ts';
import type {World} from '../../src/drills/world/world.ts';
import {askCi, childStatuses, ended, overSsh, type PipelineJson, testWorld, trigger} from './drill.ts';

async function restart(world: World, number: number): Promise<PipelineJson> {
	const answer = await askCi(world, `/api/repos/42/pipelines/${number}`, {method: 'POST'});
	return (await answer.json()) as PipelineJson;
}

function stepsOf({workflows}: PipelineJson) {
	return workflows[0]!.children.map(({name, state, exit_code}) => [name, state, exit_code]);
}

test('a pipeline that runs in the broken image fails without a log until the image is built on the host of the registry', async () => {
	await using opened = await testWorld({scenario: 'orphan-index-ci-down'});
	const {world} = opened;
	const {git, context, dockerfile} = world.build;

	const failed = await ended(world, (await trigger(world)).number);
	expect(stepsOf(failed)).toEqual([
		['clone', 'success', 0],
		['build', 'failure', 0],
		['push', 'skipped', 0],
		['verify', 'skipped', 0],
	]);
	const log = await askCi(world, `/api/repos/42/logs/${failed.number}/${failed.workflows[0]!.children[1]!.id}`);
	expect(await log.json()).toBeNull();
	expect(failed.workflows[0]!.children[1]).toMatchObject({error: expect.stringContaining('No such image')});

	const built = await overSsh(
		world,
		`set -e
		git clone --depth 1 -- ${git} source
		export DOCKER_CONFIG="$PWD/auth"
		docker login ${world.registryHost} -u ${world.registryCredentials.username} --password-stdin
		docker build -t ${world.image} -f source/${context}/${dockerfile} source/${context}
		docker push ${world.image}`,
		`${world.registryCredentials.password}\n`,
	);
	expect(built).toMatchObject({
		code: 0,
		stdout: expect.stringMatching(/^latest: digest: sha256:[0-9a-f]{64} size: \d+$/m),
	});
	// As docker builds without buildx: one platform, and no index.
	const {registryUrl, repository, registryCredentials: credentials} = world;
	const {signal} = new AbortController();
	expect(await canPull({registryUrl, repository, tag: 'latest', credentials, signal})).toBe(true);
	expect(await childStatuses(world, 'latest')).toEqual([]);

	const again = await ended(world, (await restart(world, 376)).number);
	expect(again).toMatchObject({status: 'success', parent: 376, event: 'push'});
	expect(world.counts()).toEqual({manualPipelines: 1, pipelineRestarts: 1, builds: 1, manifestPuts: 0, restarts: 0});
});

test('a restart of a daily pipeline still fails while the image is broken', async () => {
	await using opened = await testWorld();

	const again = await ended(opened.world, (await restart(opened.world, 370)).number);

	expect(stepsOf(again)).toEqual([
		['clone', 'success', 0],
		['lint', 'failure', 0],
		['plan', 'skipped', 0],
	]);
});

test('the pretend docker needs a login, knows one registry only, and names what it cannot find', async () => {
	await using opened = await testWorld();
	const {world} = opened;
	const tries = await overSsh(
		world,
		`mkdir empty
		docker build -q -t ${world.image} empty; echo "$?"
		git clone --branch nope https://git.acme.example/acme/infra.git x; echo "$?"
		git clone https://git.acme.example/acme/infra.git
		docker build -q -t ${world.image} -t elsewhere.example/infra-ci infra/ci >/dev/null
		docker push ${world.image}; echo "$?"
		docker push elsewhere.example/infra-ci; echo "$?"
		echo wrong | docker login ${world.registryHost} -u drill --password-stdin; echo "$?"
		docker dance; echo "$?"`,
	);

	expect(tries.stdout.match(/^\d+$/gm)).toEqual(['1', '128', '1', '1', '1', '1']);
	expect(tries.stderr).toContain('open Dockerfile: no such file or directory');
	expect(tries.stderr).toContain('Remote branch nope not found');
	expect(tries.stderr).toContain('no basic auth credentials');
	expect(tries.stderr).toContain('elsewhere.example: no such host');
	expect(tries.stderr).toContain('401 Unauthorized');
	expect(world.counts().builds).toBe(1);
});

test('the restart command restarts the registry, and the crontab shows the cause', async () => {
	await using opened = await testWorld();
	const {world} = opened;

	const restarted = await overSsh(world, world.restartCommand);
	const crontab = await overSsh(world, 'crontab -l');

	expect(restarted.code).toBe(0);
	expect(world.counts().restarts).toBe(1);
	expect(crontab.stdout).toContain('garbage-collect -m');
});
