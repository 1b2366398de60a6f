import {OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import {allKinds, type Usage} from '../../domain/usage/usage.ts';
import type {Clock} from '../ports/clock.ts';
import type {UsageReader} from '../ports/usage.ts';
import type {Waiting} from '../ports/waiting.ts';

/** What is known of the use of a registry's images. Undefined: nobody configured where that is known. */
export type KnownUsage = {usage: Usage; hosts: readonly string[]};

/** Only reads. A source that does not answer stops no repair: nothing was looked at then, and its reason is kept. */
export async function readUsage(
	reader: UsageReader | undefined,
	{clock, signal}: Waiting & {clock: Pick<Clock, 'now'>},
): Promise<KnownUsage | undefined> {
	if (reader === undefined) {
		return undefined;
	}

	const {source, hosts} = reader;
	try {
		return {usage: await reader.read({signal}), hosts};
	} catch (error) {
		signal.throwIfAborted();
		if (!(error instanceof OperatorError)) {
			throw error;
		}

		const notLookedAt = allKinds.map(what => ({what, why: error.message}));
		return {usage: {at: clock.now().toISOString(), source, lookedAt: [], notLookedAt, uses: []}, hosts};
	}
}

/** What `readUsage` found, and what is pinned by it: both are on their way while a scan goes on. */
export function usageBeside(
	reader: UsageReader | undefined,
	host: string,
	options: Waiting & {clock: Pick<Clock, 'now'>},
): {usage: Promise<KnownUsage | undefined>; pinned: Promise<ReturnType<typeof pinnedIn>>} {
	const usage = readUsage(reader, options);
	const pinned = usage.then(known => (known === undefined ? [] : pinnedIn(known, host)));
	// A scan that fails says so first.
	pinned.catch(() => {});
	return {usage, pinned};
}

/** The digests that workloads are pinned to, as the registry is asked for them: they are damage also without a tag. */
export function pinnedIn({usage, hosts}: KnownUsage, host: string): (ImageReference & {digest: Digest})[] {
	const pinned = usage.uses.flatMap(({reference, state}) =>
		reference?.digest !== undefined && hosts.includes(reference.host) && state !== 'never-pulls'
			? [{host, repository: reference.repository, digest: reference.digest}]
			: [],
	);
	const keyed = new Map(pinned.map(each => [`${each.repository}@${each.digest}`, each]));
	return [...keyed.values()];
}
