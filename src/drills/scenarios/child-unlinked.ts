import path from 'node:path';
import type {Digest} from '../../domain/image/digest.ts';
import type {Scenario} from './scenario.ts';

/** What a garbage collection leaves that was stopped half-way, or a restored backup that missed a folder. */
export const childUnlinked: Scenario = {
	name: 'child-unlinked',
	title: 'A child without its link',
	story:
		'Pipelines of acme end with exit 126 since the registry’s disk was full for a minute. The tag infra-ci:latest answers 200, linux/arm64 still pulls, linux/amd64 does not. A rebuild takes twenty minutes; perhaps there is a shorter way.',
	ciRunsInImage: false,
	async break({store, company}) {
		const {digest} = company.latest.children.find(({platform}) => platform === 'linux/amd64')!;
		await store.remove(path.dirname(store.revisionLink(company.repository, digest as Digest)));
		return {repository: company.repository, tags: company.latest.tags, digests: [digest], remedy: 'relink'};
	},
};
