import {buildImage, type ManifestBlob} from '../images/image.ts';
import type {Store} from '../images/store.ts';
import {collectGarbage} from '../registry/collect-garbage.ts';
import {pushPlain} from './push.ts';
import {type DamagedByScenario, incidentRepository, type Scenario} from './scenario.ts';

/** One garbage collection with -m: of 30 images it breaks six, which ten tags in four repositories name. */
export const garbageDay: Scenario = {
	name: 'garbage-day',
	title: 'Ten tags in four repositories, broken by one garbage collection',
	story:
		'Since about nine o’clock pipelines of acme end with exit 126, "image can’t be pulled": infra-ci:latest, in which they run, cannot be pulled, and somebody says that the shop does not start either. Last night was Sunday. Anna of the shop’s team has started a build of her own.',
	runbook: 'registry-damage',
	builds: {
		[incidentRepository]: {
			pipeline: {name: 'infra', pushes: ['2026-04', 'latest'], runsIn: [], history: 'pushes-failing'},
			fallback: ['latest'],
		},
		'tools/terraform-runner': {
			pipeline: {
				name: 'terraform-runner',
				pushes: ['1.10', 'latest'],
				runsIn: [incidentRepository],
				history: 'last-failed',
			},
			// The host builds for one platform: linux/arm64 would be lost.
			fallback: ['1.10', 'latest'],
		},
		'data/etl': {
			pipeline: {
				name: 'etl',
				pushes: ['2026-04-13', 'nightly'],
				runsIn: [incidentRepository],
				history: 'last-failed',
			},
		},
		'web/shop': {pipeline: {name: 'shop', pushes: ['edge', 'main'], runsIn: [], history: 'running'}},
	},
	async make(store, seed) {
		const broken = [
			...(await Promise.all(rebuilt.map(([repository, tags]) => pushBuilt(store, seed, repository, tags)))),
			...(await Promise.all(promoted.map(version => pushPromoted(store, seed, version)))),
		];
		await pushPlain(store, seed, plainImages);
		await pushGuarded(store, seed);
		const {manifests} = await collectGarbage(store, {removeUntagged: true});
		return {
			repository: incidentRepository,
			tags: ['2026-04', 'latest'],
			digests: manifests.filter(({repository}) => repository === incidentRepository).map(({digest}) => digest),
			remedy: 'rebuild',
			images: broken,
		};
	},
};

/** Indexes of two platforms with attestations, as BuildKit pushes them: the collection takes their children, configs and layers. */
const rebuilt: [repository: string, tags: string[]][] = [
	[incidentRepository, ['2026-04', 'latest']],
	['tools/terraform-runner', ['1.10', 'latest']],
	['data/etl', ['2026-04-13', 'nightly']],
	['web/shop', ['edge', 'main']],
];

/** Versions of web/shop that were promoted from staging/shop. */
const promoted = ['1.41.1', '1.42.0'];

const plainImages = {
	'base/debian': ['12-slim', '13-slim'],
	'base/node': ['22', '24'],
	'web/shop': ['1.40.0'],
	'web/api': ['7.3.0', '7.4.0', '7.5.0'],
	'tools/terraform-runner': ['1.9'],
	'tools/release-notes': ['2.0', '2.1'],
	'tools/kubectl': ['1.33', '1.34'],
	'data/etl': ['2026-03-30'],
	'data/warehouse': ['2026-03', '2026-04'],
	[incidentRepository]: ['2026-03'],
};

async function pushBuilt(store: Store, seed: string, repository: string, tags: string[]): Promise<DamagedByScenario> {
	const image = buildImage({seed: `${seed} ${repository}:${tags[0]}`});
	for (const tag of tags) {
		await store.push(repository, tag, image);
	}

	return {repository, digest: image.index.digest, tags, remedy: 'rebuild'};
}

/**
 * In staging each platform has a tag of its own, which keeps its manifest and bytes. In the shop's repository only the index has a
 * tag: there the collection takes the links of the children, and nothing else.
 */
async function pushPromoted(store: Store, seed: string, version: string): Promise<DamagedByScenario> {
	const image = buildImage({seed: `${seed} web/shop:${version}`, attestations: false});
	await store.push('web/shop', version, image);
	for (const [n, child] of image.manifests.entries()) {
		const perPlatform = image.blobs.length / image.manifests.length;
		const blobs = image.blobs.slice(n * perPlatform, (n + 1) * perPlatform);
		await store.push('staging/shop', `${version}-${architectureOf(child)}`, {index: child, manifests: [], blobs});
	}

	return {repository: 'web/shop', digest: image.index.digest, tags: [version], remedy: 'relink'};
}

/** Each child of this index has a tag of its own, which keeps it. */
async function pushGuarded(store: Store, seed: string): Promise<void> {
	const image = buildImage({seed: `${seed} base/alpine`, attestations: false});
	await store.push('base/alpine', '3.21', image);
	for (const child of image.manifests) {
		await store.writeTag('base/alpine', `3.21-${architectureOf(child)}`, child.digest);
	}
}

function architectureOf({platform}: ManifestBlob): string {
	return platform!.split('/')[1]!;
}
