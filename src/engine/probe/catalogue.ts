import {isRepositoryName} from '../../domain/image/reference.ts';
import type {Shard} from '../../domain/probe/probe.ts';
import {isInShard} from '../../domain/probe/shard.ts';
import type {ProbeTally} from '../../domain/probe/tally.ts';

/** A server that lists a name twice does so near where pages meet: more of them are not remembered. */
const namesRemembered = 10_000;

/** What has been heard of the catalogue so far. */
export type Heard = {
	/** Names, of all shards. */
	listed: number;
	/** Of this shard, fit to be asked for. */
	known: number;
	isListed: boolean;
};

/** The repositories of this shard, each once, as the registry lists them. */
export async function* ownRepositories(
	names: AsyncIterable<string>,
	{shard, tally, heard}: {shard: Shard | undefined; tally: ProbeTally; heard: Heard},
): AsyncGenerator<string, void> {
	const recent = new Set<string>();

	for await (const name of names) {
		if (recent.has(name)) {
			continue;
		}

		recent.add(name);
		heard.listed += Number(isRepositoryName(name));
		if (recent.size > namesRemembered) {
			recent.delete(recent.values().next().value!);
		}

		if (shard !== undefined && !isInShard(name, shard)) {
			continue;
		}

		if (isRepositoryName(name)) {
			heard.known++;
			yield name;
		} else {
			tally.odd(name);
		}
	}

	heard.isListed = true;
}
