import path from 'node:path';
import {buildImage} from '../images/image.ts';
import type {Store} from '../images/store.ts';
import {collectGarbage} from '../registry/collect-garbage.ts';
import {pushPlain} from './push.ts';
import {incidentRepository, incidentTag, type Scenario, type ScenarioBuild} from './scenario.ts';

const buildOf = (runsIn: string[]): ScenarioBuild => ({
	pipeline: {name: 'infra', pushes: [incidentTag], runsIn, history: 'pushes-failing'},
	fallback: ['latest', 'manual'],
});

/** The incident of 2026-04-13 and 2026-04-19. */
export const orphanIndex: Scenario = {
	name: 'orphan-index',
	title: 'An index whose children are gone',
	story:
		'Since about nine o’clock every pipeline of acme ends with exit 126, "image can’t be pulled". The registry responds 200 for the tag infra-ci:latest. Last night was Sunday, and nobody has changed anything.',
	runbook: 'orphan-index',
	builds: {[incidentRepository]: buildOf([])},
	async make(store, seed) {
		const {older, latest} = await fillSmallCompany(store, seed);
		const {manifests} = await collectGarbage(store, {removeUntagged: true});
		return {
			repository: incidentRepository,
			tags: [...older.tags, ...latest.tags],
			digests: manifests.filter(({repository}) => repository === incidentRepository).map(({digest}) => digest),
			remedy: 'rebuild',
		};
	},
};

export const orphanIndexCiDown: Scenario = {
	...orphanIndex,
	name: 'orphan-index-ci-down',
	title: 'An index whose children are gone, and a pipeline that needs them',
	story:
		'Since about nine o’clock every pipeline of acme ends with exit 126, "image can’t be pulled". The pipeline that builds infra-ci:latest runs in infra-ci:latest. The registry’s host has Docker.',
	builds: {[incidentRepository]: buildOf([incidentRepository])},
};

/** What an interrupted garbage collection leaves behind, or a restored backup that misses a folder. */
export const childUnlinked: Scenario = {
	name: 'child-unlinked',
	title: 'A child without its link',
	story:
		'Pipelines of acme end with exit 126 since the registry’s disk was full for a minute. The registry responds 200 for the tag infra-ci:latest; linux/arm64 can still be pulled, linux/amd64 cannot. A rebuild takes twenty minutes; perhaps there is a shorter way.',
	runbook: 'orphan-index',
	builds: {[incidentRepository]: buildOf([])},
	async make(store, seed) {
		const {latest} = await fillSmallCompany(store, seed);
		const {digest} = latest.manifests.find(({platform}) => platform === 'linux/amd64')!;
		await store.remove(path.dirname(store.revisionLink(incidentRepository, digest)));
		return {repository: incidentRepository, tags: latest.tags, digests: [digest], remedy: 'relink'};
	},
};

/** No garbage collection harms them. */
const plainImages = {
	'base/debian': ['12-slim', '13-slim'],
	'base/node': ['22', '24'],
	'web/shop': ['1.41.0', '1.41.1', '1.42.0'],
	'web/api': ['7.3.0', '7.4.0'],
	'tools/terraform-runner': ['1.9', '1.10'],
	'data/etl': ['2026-03-30', '2026-04-13'],
};

/** Pushes what a small company keeps in its registry. */
async function fillSmallCompany(store: Store, seed: string) {
	await pushPlain(store, seed, plainImages);

	// Each child of this index has a tag of its own, which keeps it.
	const guarded = buildImage({seed: `${seed} base/alpine`});
	await store.push('base/alpine', '3.21', guarded);
	for (const [n, {digest}] of guarded.manifests.entries()) {
		await store.writeTag('base/alpine', `3.21-keep-${n}`, digest);
	}

	const older = await pushIndex(store, seed, ['2026-03']);
	const latest = await pushIndex(store, seed, ['2026-04', incidentTag]);
	await store.push('tools/release-notes', '2.1', buildImage({seed: `${seed} tools/release-notes`}));
	return {older, latest};
}

async function pushIndex(store: Store, seed: string, tags: string[]) {
	const image = buildImage({seed: `${seed} ${incidentRepository}:${tags[0]}`});
	for (const tag of tags) {
		await store.push(incidentRepository, tag, image);
	}

	return {tags, manifests: image.manifests};
}
