import {isRepositoryName} from '../../domain/image/reference.ts';
import type {TagCounts} from '../../domain/probe/estimate.ts';
import type {Shard} from '../../domain/probe/probe.ts';
import {isInShard} from '../../domain/probe/shard.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';

const repositoriesAtATime = 8;

/** Lists the catalogue and the tags of each repository, and nothing else. @throws OperatorError registry.* */
export async function countTags(registry: Registry, shard: Shard | undefined, waiting: Waiting): Promise<TagCounts> {
	const counts = new Map<string, number>();
	const names = registry.repositories(waiting);
	await forEachConcurrently(
		async () => {
			const {done, value} = await names.next();
			return done ? undefined : value;
		},
		repositoriesAtATime,
		async name => {
			if (isRepositoryName(name) && (shard === undefined || isInShard(name, shard))) {
				counts.set(name, new Set(await registry.tags(name, waiting)).size);
			}
		},
	);
	return counts;
}
