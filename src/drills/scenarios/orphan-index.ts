import {collectGarbage} from '../registry/collect-garbage.ts';
import type {Scenario} from './scenario.ts';

/** The incident of 2026-04-13 and 2026-04-19. */
export const orphanIndex: Scenario = {
	name: 'orphan-index',
	title: 'An index whose children are gone',
	story:
		'Since about nine o’clock every pipeline of acme ends with exit 126, "image can’t be pulled". The tag infra-ci:latest answers 200. Last night was Sunday, and nobody has changed anything.',
	ciRunsInImage: false,
	async break({store, company}) {
		const {manifests} = await collectGarbage(store, {removeUntagged: true});
		return {
			repository: company.repository,
			tags: [...company.older.tags, ...company.latest.tags],
			digests: manifests.filter(({repository}) => repository === company.repository).map(({digest}) => digest),
			remedy: 'rebuild',
		};
	},
};
