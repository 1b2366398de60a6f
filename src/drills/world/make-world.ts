import {randomBytes} from 'node:crypto';
import {mkdir} from 'node:fs/promises';
import {pastPipelines} from '../ci/pipeline-plans.ts';
import {createPipelineStore} from '../ci/pipeline-store.ts';
import {buildImage} from '../images/image.ts';
import {openStore, type Store} from '../images/store.ts';
import type {HealthyStore, PushedIndex, Scenario} from '../scenarios.ts';
import {generateKeys} from '../ssh/keys.ts';
import {writeHostFiles} from './host-files.ts';
import {clearWorld, type WorldFile, type WorldPaths} from './world-file.ts';

export const brokenRepository = 'infra-ci';
export const brokenTag = 'latest';

/** Images of one platform, tagged directly: no garbage collection harms them. */
const plainImages: Record<string, string[]> = {
	'base/debian': ['12-slim', '13-slim'],
	'base/node': ['22', '24'],
	'web/shop': ['1.41.0', '1.41.1', '1.42.0'],
	'web/api': ['7.3.0', '7.4.0'],
	'tools/terraform-runner': ['1.9', '1.10'],
	'data/etl': ['2026-03-30', '2026-04-13'],
};

/** Makes everything but the ports, which are known once the servers listen; only then is the world file written. */
export async function makeWorld(
	paths: WorldPaths,
	{scenario, seed, speed}: {scenario: Scenario; seed: string; speed: number},
): Promise<WorldFile> {
	await clearWorld(paths);
	await mkdir(paths.vm, {recursive: true});
	await writeHostFiles(paths);
	await mkdir(paths.storage, {recursive: true});
	const made = Date.now();
	const broken = await scenario.break(await fillStore(openStore(paths.storage), seed));
	await createPipelineStore(paths.ci, pastPipelines(seed, made));

	return {
		version: 1,
		scenario: scenario.name,
		seed,
		speed,
		made,
		ports: {registry: 0, ssh: 0, ci: 0, control: 0},
		keys: generateKeys(),
		registryCredentials: {username: 'drill', password: randomBytes(18).toString('base64url')},
		ciToken: randomBytes(24).toString('base64url'),
		controlToken: randomBytes(24).toString('base64url'),
		broken,
	};
}

/** Pushes what a small company keeps in its registry. */
async function fillStore(store: Store, seed: string): Promise<HealthyStore> {
	await Promise.all(
		Object.entries(plainImages).flatMap(([repository, tags]) =>
			tags.map(async tag => {
				const {manifests, blobs} = buildImage({
					seed: `${seed} ${repository}:${tag}`,
					platforms: ['linux/amd64'],
					attestations: false,
				});
				await store.push(repository, tag, {index: manifests[0]!, manifests: [], blobs});
			}),
		),
	);

	// Each child of this index has a tag of its own, which keeps it.
	const guarded = buildImage({seed: `${seed} base/alpine`});
	await store.push('base/alpine', '3.21', guarded);
	for (const [n, {digest}] of guarded.manifests.entries()) {
		await store.writeTag('base/alpine', `3.21-keep-${n}`, digest);
	}

	const older = await pushIndex(store, seed, ['2026-03']);
	const latest = await pushIndex(store, seed, ['2026-04', brokenTag]);
	await store.push('tools/release-notes', '2.1', buildImage({seed: `${seed} tools/release-notes`}));
	return {store, repository: brokenRepository, latest, older};
}

async function pushIndex(store: Store, seed: string, tags: string[]): Promise<PushedIndex> {
	const image = buildImage({seed: `${seed} ${brokenRepository}:${tags[0]}`});
	for (const tag of tags) {
		await store.push(brokenRepository, tag, image);
	}

	return {tags, children: image.manifests.map(({digest, platform = ''}) => ({digest, platform}))};
}
