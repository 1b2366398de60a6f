import {isRepositoryName} from '../../domain/image/reference.ts';
import {type GivenRepository, isChosen} from '../../domain/probe/given.ts';
import type {Shard} from '../../domain/probe/probe.ts';
import {isInShard} from '../../domain/probe/shard.ts';
import type {ProbeTally} from '../../domain/probe/tally.ts';
import type {CatalogueEnd} from '../ports/registry.ts';

/** A registry that lists a name twice does so near the border of two pages: older names are not remembered. */
const namesRemembered = 10_000;

/** How much of the catalogue has been listed so far. */
export type CatalogueProgress = {
	/** Repositories of all shards. */
	listed: number;
	/** Repositories of this shard. */
	known: number;
	/** Undefined: it has not come to its end. */
	end: CatalogueEnd | undefined;
};

/** `isOmitted`: the catalogue does not name it, and the registry may have it all the same. */
export type RepositoryToProbe = GivenRepository & {isOmitted: boolean};

/** Of all repositories those that this run is about. */
type Choice = {shard: Shard | undefined; chosen: readonly string[]};

/** Those of the named repositories, instead of the catalogue. */
export async function* givenRepositories(
	given: readonly GivenRepository[],
	{shard, chosen, progress}: Choice & {progress: CatalogueProgress},
): AsyncGenerator<RepositoryToProbe, void> {
	progress.listed = given.length;
	progress.end = {pages: 0, furtherRequests: 0, mayOmit: []};
	for (const repository of given) {
		if (isChosen(repository.name, chosen) && (shard === undefined || isInShard(repository.name, shard))) {
			progress.known++;
			yield {...repository, isOmitted: false};
		}
	}
}

/** The repositories of this shard, each once, in the registry's order; then those that the catalogue may omit. */
export async function* ownRepositories(
	names: AsyncGenerator<string, CatalogueEnd>,
	{shard, chosen, tally, progress}: Choice & {tally: ProbeTally; progress: CatalogueProgress},
): AsyncGenerator<RepositoryToProbe, void> {
	const recent = new Set<string>();
	const isOwn = (name: string) => isChosen(name, chosen) && (shard === undefined || isInShard(name, shard));

	for (;;) {
		const {done, value} = await names.next();
		if (done) {
			progress.end = value;
			break;
		}

		if (recent.has(value)) {
			continue;
		}

		recent.add(value);
		progress.listed += Number(isRepositoryName(value));
		if (recent.size > namesRemembered) {
			recent.delete(recent.values().next().value!);
		}

		if (!isOwn(value)) {
			continue;
		}

		if (isRepositoryName(value)) {
			progress.known++;
			yield {name: value, isOmitted: false};
		} else {
			tally.odd(value);
		}
	}

	for (const name of progress.end.mayOmit) {
		if (isRepositoryName(name) && isOwn(name) && !recent.has(name)) {
			progress.known++;
			yield {name, isOmitted: true};
		}
	}
}
