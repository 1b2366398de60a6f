import {isRepositoryName} from '../../domain/image/reference.ts';
import type {Shard} from '../../domain/probe/probe.ts';
import {isInShard} from '../../domain/probe/shard.ts';
import type {ProbeTally} from '../../domain/probe/tally.ts';

/** A registry that lists a name twice does so near the border of two pages: older names are not remembered. */
const namesRemembered = 10_000;

/** How much of the catalogue has been listed so far. */
export type CatalogueProgress = {
	/** Repositories of all shards. */
	listed: number;
	/** Repositories of this shard. */
	known: number;
	isListed: boolean;
};

/** The repositories of this shard, each once, in the registry's order. */
export async function* ownRepositories(
	names: AsyncIterable<string>,
	{shard, tally, progress}: {shard: Shard | undefined; tally: ProbeTally; progress: CatalogueProgress},
): AsyncGenerator<string, void> {
	const recent = new Set<string>();

	for await (const name of names) {
		if (recent.has(name)) {
			continue;
		}

		recent.add(name);
		progress.listed += Number(isRepositoryName(name));
		if (recent.size > namesRemembered) {
			recent.delete(recent.values().next().value!);
		}

		if (shard !== undefined && !isInShard(name, shard)) {
			continue;
		}

		if (isRepositoryName(name)) {
			progress.known++;
			yield name;
		} else {
			tally.odd(name);
		}
	}

	progress.isListed = true;
}
