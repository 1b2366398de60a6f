import {orphanIndex} from './orphan-index.ts';
import type {Scenario} from './scenario.ts';

export const orphanIndexCiDown: Scenario = {
	...orphanIndex,
	name: 'orphan-index-ci-down',
	title: 'An index whose children are gone, and a pipeline that needs them',
	story:
		'Since about nine o’clock every pipeline of acme ends with exit 126, "image can’t be pulled". The pipeline that builds infra-ci:latest runs in infra-ci:latest. The registry’s host has Docker.',
	ciRunsInImage: true,
};
