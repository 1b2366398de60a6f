import {expect, test} from 'vitest';
import type {World} from '../../../src/drills/world/world.ts';
import {askCi, childStatuses, manifest, overSsh, type PipelineJson, testWorld} from '../drill.ts';

async function idOf(world: World, name: string): Promise<number> {
	return ((await (await askCi(world, `/api/repos/lookup/acme%2F${name}`)).json()) as {id: number}).id;
}

async function pipelinesOf(world: World, name: string): Promise<PipelineJson[]> {
	const answer = await askCi(world, `/api/repos/${await idOf(world, name)}/pipelines`);
	return (await answer.json()) as PipelineJson[];
}

async function endOf(world: World, name: string, number: number): Promise<string> {
	const id = await idOf(world, name);
	for (;;) {
		const now = (await (await askCi(world, `/api/repos/${id}/pipelines/${number}`)).json()) as PipelineJson;
		if (!['pending', 'running'].includes(now.status)) {
			return now.status;
		}
	}
}

async function trigger(world: World, name: string): Promise<PipelineJson> {
	const body = JSON.stringify({branch: 'main'});
	const answer = await askCi(world, `/api/repos/${await idOf(world, name)}/pipelines`, {method: 'POST', body});
	return (await answer.json()) as PipelineJson;
}

async function statusesOf(world: World, repository: string, tag: string): Promise<number[]> {
	const {children} = await manifest(world, repository, tag);
	return Promise.all(children.map(async child => (await manifest(world, repository, child)).status));
}

test('a pipeline of each repository pushes a whole image under every tag that it is declared to push', async () => {
	await using opened = await testWorld({scenario: 'garbage-day', speed: 40});
	const {world} = opened;
	const before = await manifest(world, 'infra-ci', 'latest');

	const {number} = await trigger(world, 'infra');
	expect(await endOf(world, 'infra', number)).toBe('success');

	const [latest, dated] = [await manifest(world, 'infra-ci', 'latest'), await manifest(world, 'infra-ci', '2026-04')];
	expect(latest.digest).not.toBe(before.digest);
	expect(dated.digest).toBe(latest.digest);
	expect(await childStatuses(world, 'latest')).toEqual([200, 200, 200, 200]);
});

test('the pipelines that run in infra-ci fail until it is whole again', async () => {
	await using opened = await testWorld({scenario: 'garbage-day', speed: 40});
	const {world} = opened;

	expect(await endOf(world, 'etl', (await trigger(world, 'etl')).number)).toBe('failure');
	await endOf(world, 'infra', (await trigger(world, 'infra')).number);
	expect(await endOf(world, 'etl', (await trigger(world, 'etl')).number)).toBe('success');
	expect(await statusesOf(world, 'data/etl', 'nightly')).toEqual([200, 200, 200, 200]);
	expect(world.counts()).toMatchObject({manualPipelines: 3, manifestPuts: 0});
});

test('a colleague’s pipeline runs when the drill begins, and ends with the image whole', async () => {
	await using opened = await testWorld({scenario: 'garbage-day', speed: 100});
	const {world} = opened;

	const [newest] = await pipelinesOf(world, 'shop');
	expect(newest).toMatchObject({event: 'manual', author: 'anna'});
	expect(await endOf(world, 'shop', newest!.number)).toBe('success');
	expect(await statusesOf(world, 'web/shop', 'edge')).toEqual([200, 200, 200, 200]);
	expect(await statusesOf(world, 'web/shop', 'main')).toEqual([200, 200, 200, 200]);
	expect(world.counts()).toMatchObject({manualPipelines: 0});
});

test('a build of one platform loses linux/arm64 of the runner', async () => {
	await using opened = await testWorld({scenario: 'garbage-day'});
	const {world} = opened;
	const {git, context, dockerfile} = world.images['tools/terraform-runner']!.fallback!;
	const image = `${world.registryHost}/tools/terraform-runner:latest`;

	const built = await overSsh(
		world,
		`set -e
		git clone --depth 1 -- ${git} source
		export DOCKER_CONFIG="$PWD/auth"
		docker login ${world.registryHost} -u ${world.registryCredentials.username} --password-stdin
		docker build -t ${image} -f source/${context}/${dockerfile} source/${context}
		docker push ${image}`,
		`${world.registryCredentials.password}\n`,
	);

	expect(built.code).toBe(0);
	expect(await manifest(world, 'tools/terraform-runner', 'latest')).toMatchObject({status: 200, children: []});
});
