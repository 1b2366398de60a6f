import type {TagCounts} from '../../domain/probe/estimate.ts';
import {createProbeTally} from '../../domain/probe/tally.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import {type CatalogueProgress, givenRepositories, ownRepositories} from './catalogue.ts';
import type {ProbeOptions} from './probe.ts';

const repositoriesAtATime = 8;

/** Lists the catalogue and the tags of each repository, and nothing else. @throws OperatorError registry.* */
export async function countTags(
	registry: Registry,
	{shard, given, chosen = []}: Pick<ProbeOptions, 'shard' | 'given' | 'chosen'>,
	waiting: Waiting,
): Promise<TagCounts> {
	const counts = new Map<string, number>();
	const progress: CatalogueProgress = {listed: 0, known: 0, end: undefined};
	const names = given
		? givenRepositories(given, {shard, chosen, progress})
		: ownRepositories(registry.repositories(waiting), {shard, chosen, tally: createProbeTally(), progress});
	await forEachConcurrently(
		async () => {
			const {value} = await names.next();
			return value ?? undefined;
		},
		repositoriesAtATime,
		async ({name, images}) => {
			counts.set(name, images?.length ?? new Set(await registry.tags(name, waiting)).size);
		},
	);
	return counts;
}
