import path from 'node:path';
import {OperatorError} from '../domain/errors.ts';
import type {Digest} from '../domain/image/digest.ts';
import type {Store} from './images/store.ts';
import {collectGarbage} from './registry/collect-garbage.ts';

/** One way in which a registry breaks, for people to practise on. */
export type Scenario = {
	name: string;
	title: string;
	/** Two or three sentences, shown when the drill begins. */
	story: string;
	/** The pipeline that builds the image runs in that image: it cannot repair itself. */
	ciRunsInImage: boolean;
	/** Damages a healthy store. */
	break(healthy: HealthyStore): Promise<Damage>;
};

/** The store of the drill before anything breaks, and the two images of the repository that will. */
export type HealthyStore = {store: Store; repository: string; latest: PushedIndex; older: PushedIndex};
export type PushedIndex = {tags: string[]; children: {digest: Digest; platform: string}[]};

/** What a scenario damaged, for tests and the debriefing. */
export type Damage = {repository: string; tags: string[]; digests: string[]; remedy: 'rebuild' | 'relink'};

/** The incident of 2026-04-13 and 2026-04-19. */
const orphanIndex: Scenario = {
	name: 'orphan-index',
	title: 'An index whose children are gone',
	story:
		'Since about nine o’clock every pipeline of acme ends with exit 126, "image can’t be pulled". The registry responds 200 for the tag infra-ci:latest. Last night was Sunday, and nobody has changed anything.',
	ciRunsInImage: false,
	async break({store, repository, latest, older}) {
		const {manifests} = await collectGarbage(store, {removeUntagged: true});
		return {
			repository,
			tags: [...older.tags, ...latest.tags],
			digests: manifests.filter(manifest => manifest.repository === repository).map(({digest}) => digest),
			remedy: 'rebuild',
		};
	},
};

const orphanIndexCiDown: Scenario = {
	...orphanIndex,
	name: 'orphan-index-ci-down',
	title: 'An index whose children are gone, and a pipeline that needs them',
	story:
		'Since about nine o’clock every pipeline of acme ends with exit 126, "image can’t be pulled". The pipeline that builds infra-ci:latest runs in infra-ci:latest. The registry’s host has Docker.',
	ciRunsInImage: true,
};

/** What an interrupted garbage collection leaves behind, or a restored backup that misses a folder. */
const childUnlinked: Scenario = {
	name: 'child-unlinked',
	title: 'A child without its link',
	story:
		'Pipelines of acme end with exit 126 since the registry’s disk was full for a minute. The registry responds 200 for the tag infra-ci:latest; linux/arm64 can still be pulled, linux/amd64 cannot. A rebuild takes twenty minutes; perhaps there is a shorter way.',
	ciRunsInImage: false,
	async break({store, repository, latest}) {
		const {digest} = latest.children.find(({platform}) => platform === 'linux/amd64')!;
		await store.remove(path.dirname(store.revisionLink(repository, digest)));
		return {repository, tags: latest.tags, digests: [digest], remedy: 'relink'};
	},
};

export const scenarios: readonly Scenario[] = [orphanIndex, orphanIndexCiDown, childUnlinked];

/** @throws OperatorError drill.unknown-scenario */
export function findScenario(name: string): Scenario {
	const found = scenarios.find(scenario => scenario.name === name);

	if (found === undefined) {
		throw new OperatorError('drill.unknown-scenario', `There is no drill "${name}".`, {
			hint: `Choose one of: ${scenarios.map(scenario => scenario.name).join(', ')}.`,
			exit: 'usage',
		});
	}

	return found;
}
