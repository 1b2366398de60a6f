import {forgetsKeys, isOfEngine, restarts, starts, stops} from '../commands/control.ts';
import type {Job} from '../commands/jobs.ts';
import {evidence, type Hazard} from '../hazard.ts';
import type {Setting} from '../registries/registry-on-host.ts';
import type {ConfiguredRegistry} from '../registries/registry-settings.ts';
import {registriesOf} from '../registries/serving-store.ts';

type RegistriesOfHost = {registries: readonly ConfiguredRegistry[]; store: string | undefined};

/**
 * The hazard of a collection after which the registry still believes in what is gone.
 * @param n the collection's place in the job
 * @see distribution/distribution#4525: the cache of a running registry is not told what a collection removed
 */
export function staleCacheHazard(
	job: Job,
	n: number,
	host: RegistriesOfHost,
): Pick<Hazard, 'kind' | 'severity' | 'why' | 'advice'> | undefined {
	const after = job.slice(n + 1);
	const isRestarted = after.some(restarts) || (job.slice(0, n).some(stops) && after.some(starts));
	const isFlushed = forgetsKeys(after) || forgetsKeys(whileStopped(job.slice(0, n)));
	const caches = collectedBy(job[n]!.argv, host).map(({cache}) => cache);
	const [redis] = caches.flatMap(cache => (cache.kind === 'redis' ? [cache.source] : []));
	const [inmemory] = caches.flatMap(cache => (cache.kind === 'inmemory' ? [cache.source] : []));

	if (redis !== undefined && !isFlushed) {
		return {
			kind: 'stale-cache',
			severity: 'may-break',
			why: `The registry caches blob descriptors in Redis (${sourceOf(redis)}), and nothing deletes them after the collection: Redis outlives a restart of the registry. It still reports blobs that are gone, and pushes skip them.`,
			advice:
				'After each collection delete the keys blobs::* and repository::* from Redis, or run FLUSHDB there if nothing else uses that database. A restart of the registry does not help.',
		};
	}

	return inmemory === undefined || isRestarted
		? undefined
		: {
				kind: 'stale-cache',
				severity: 'may-break',
				why: `The registry caches blob descriptors (inmemory; ${sourceOf(inmemory)}) and is not restarted: it still reports blobs that are gone, and pushes skip them.`,
				advice: 'Restart the registry after each collection.',
			};
}

function sourceOf({file, line}: Setting): string {
	return `${file}: ${evidence(line)}`;
}

/** What runs after the last stop: the registry puts nothing into its cache then. A read-only registry still does. */
function whileStopped(before: Job): Job {
	const last = before.findLastIndex(command => stops(command) || starts(command) || restarts(command));
	const isStopped = last !== -1 && before[last]!.argv.some(word => /^(?:stop|down|kill)$/.test(word));
	return isStopped ? before.slice(last + 1) : [];
}

/**
 * The registries whose store a `garbage-collect` may collect: those that its command names, else those of the audited store,
 * else all.
 */
export function collectedBy(
	argv: readonly string[],
	{registries, store}: RegistriesOfHost,
): readonly ConfiguredRegistry[] {
	const words = argv.flatMap(word => word.split(/[\s,[\]]+/));
	const at = words.indexOf('garbage-collect');
	const before = words.slice(0, at);
	const isProgram = !isOfEngine(words) || before.includes('exec');
	const named = new Set((isProgram ? before.slice(0, -1) : before).flatMap(word => word.split(/[=:]/)));
	const after = isOfEngine(words) ? [] : words.slice(at + 1);
	const isNamed = ({names, root, file}: ConfiguredRegistry) =>
		names.some(name => [...named].some(word => isContainerOf(word, name))) ||
		(root?.startsWith('/') && named.has(root)) ||
		(file !== undefined && (named.has(file) || after.includes(file)));

	const chosen = registries.filter(isNamed);
	const own = chosen.length > 0 ? chosen : registriesOf(registries, store);
	return own.length > 0 ? own : registries;
}

/** Compose calls the first container of `registry` in the project `opt` `opt-registry-1`; its first version `opt_registry_1`. */
function isContainerOf(word: string, name: string): boolean {
	return word === name || /^.+[-_](.+)[-_]\d+$/.exec(word)?.[1] === name;
}
