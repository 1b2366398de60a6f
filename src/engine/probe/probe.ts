import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {MeantPlatforms} from '../../domain/image/meant-platforms.ts';
import {isUnserved} from '../../domain/image/unserved.ts';
import type {Depth, ImageCheck, RegistryRole} from '../../domain/image/verdict.ts';
import type {Sighting} from '../../domain/inventory/inventory.ts';
import type {GivenRepository} from '../../domain/probe/given.ts';
import {
	type CatalogueList,
	mostImagesKept,
	type ProbeGap,
	type ProbeProgress,
	type ProbeReport,
	type Shard,
} from '../../domain/probe/probe.ts';
import {createProbeTally} from '../../domain/probe/tally.ts';
import {createLimiter, forEachConcurrently} from '../bounded-concurrency.ts';
import type {Clock} from '../ports/clock.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import {mayLackLinks} from '../verify/serves-from-memory.ts';
import {createWalker} from '../verify/walk-image.ts';
import {type CatalogueProgress, givenRepositories, ownRepositories, type RepositoryToProbe} from './catalogue.ts';
import {type Prober, probeRepository} from './probe-repository.ts';
import {readAhead} from './read-ahead.ts';
import {createRegistryHealth, type RegistryHealth} from './registry-health.ts';

/** So that many small repositories keep the registry as busy as a large one. */
const repositoriesAtATime = 8;
const walksAtATime = 16;
/** Most catalogues are listed to their end at once, and the longest still fit into memory. */
const namesAhead = 10_000;

export type ProbeOptions = Waiting & {
	depth: Depth;
	role: RegistryRole;
	/** Which platforms are meant to be there. */
	platforms?: MeantPlatforms;
	shard?: Shard | undefined;
	/** These repositories; absent: the catalogue’s. */
	given?: readonly GivenRepository[] | undefined;
	/** Only those that one of these globs names. */
	chosen?: readonly string[] | undefined;
	/** Walks only this many of the newest tags of each repository. */
	newest?: number | undefined;
	clock: Pick<Clock, 'now' | 'monotonic'>;
	/** Called with every image, as soon as it is walked. */
	onImage?: (check: ImageCheck) => void;
	/** Called with what each tag names. A tag that was not looked at, or that names nothing, is none. */
	onSighting?: (sighting: Sighting) => void;
	onProgress?: (progress: ProbeProgress) => void;
};

/**
 * Walks the images of a whole catalogue. Whatever could not be checked is part of the report and not thrown: the alerts
 * have to learn of it.
 * @throws the reason of the signal, when the run is stopped
 */
export async function probe(registry: Registry, options: ProbeOptions): Promise<ProbeReport> {
	const {
		depth,
		role,
		platforms = {},
		shard,
		given,
		chosen = [],
		newest,
		clock,
		signal,
		onImage = () => {},
		onSighting,
		onProgress = () => {},
	} = options;
	const [begun, before] = [clock.monotonic(), registry.requests()];
	const halt = new AbortController();
	const health = createRegistryHealth(AbortSignal.any([signal, halt.signal]));
	const tally = createProbeTally();
	const catalogue: CatalogueProgress = {listed: 0, known: 0, end: undefined};
	const omitted: string[] = [];
	let done = 0;
	const report = () => {
		const {tags, failures, unknown} = tally.counts();
		const {known, end} = catalogue;
		const isListed = end !== undefined;
		const requests = registry.requests() - before;
		onProgress({repositories: done, known, isListed, tags, failures, unknown, requests});
	};
	const deferred: ImageCheck[] = [];
	let lastIntact: ImageCheck | undefined;
	const prober: Prober = {
		registry,
		walker: createWalker(registry, {depth, role, platforms, signal: health.signal}),
		tally,
		health,
		walks: createLimiter(() => walksAtATime),
		walksAtATime,
		newest,
		onImage(check) {
			lastIntact = check.verdict === 'intact' ? check : lastIntact;
			// What an unserved part means, the other images tell.
			if (check.faults.some(isUnserved) && deferred.length < mostImagesKept) {
				deferred.push(check);
			} else {
				onImage(tally.settled(check));
			}

			report();
		},
		onSighting(named) {
			onSighting?.({...named, seen: secondOf(clock)});
		},
	};

	const names = readAhead(
		given
			? givenRepositories(given, {shard, chosen, progress: catalogue})
			: ownRepositories(registry.repositories(health), {shard, chosen, tally, progress: catalogue}),
		namesAhead,
	);
	let failure: OperatorError | undefined;
	const nextName = async (): Promise<RepositoryToProbe | undefined> => {
		try {
			const {value} = await names.next();
			return health.lost() ? undefined : (value ?? undefined);
		} catch (error) {
			failure = catalogueFailure(error, health);
			return undefined;
		}
	};
	try {
		await forEachConcurrently(nextName, repositoriesAtATime, async ({name, images, isOmitted}) => {
			const isThere = await probeRepository(name, {...prober, isNamed: given !== undefined}, images);
			if (isThere && isOmitted) {
				omitted.push(name);
			}

			done++;
			report();
		});
	} catch (error) {
		signal.throwIfAborted();
		throw error;
	} finally {
		// After an error that is a bug, other work is still running.
		halt.abort();
		void names.return();
	}

	signal.throwIfAborted();
	failure = health.lost() ?? failure;
	if (failure !== undefined) {
		const {code, message, hint} = failure;
		// The repositories that were listed and not begun, and one for the rest of the catalogue.
		tally.gap({code, message, hint}, catalogue.known - done + Number(catalogue.end === undefined));
	}

	tally.settle();
	for (const check of deferred) {
		onImage(tally.settled(check));
	}

	const {repositories, unknown} = tally.counts();
	if (given === undefined && catalogue.known > 0 && repositories === 0 && unknown === 0) {
		tally.gap(onlyAbsent(registry.host), catalogue.known);
	}

	if (catalogue.listed > 0 && catalogue.known === 0 && chosen.length > 0 && shard === undefined) {
		tally.gap(noneChosen(registry.host, chosen), 1);
	}

	const isProven = lastIntact !== undefined && (await mayLackLinks(registry, lastIntact, {role, signal}));

	return {
		instance: registry.host,
		...defined({shard}),
		depth,
		role,
		catalog: catalogue.end !== undefined,
		listed: catalogue.listed,
		list: given ? {ended: 'given', omitted: []} : listOf(catalogue, omitted),
		...tally.counts(),
		...(isProven && {mayLackLinks: true as const}),
		requests: registry.requests() - before,
		seconds: Math.round(clock.monotonic() - begun) / 1000,
		finished: clock.now().toISOString(),
		images: tally.images(),
		...(failure === undefined
			? {}
			: {failure: {code: failure.code, message: failure.message, hint: failure.hint, exit: failure.exit}}),
	};
}

/** `2026-04-19T02:00:11Z` */
function secondOf(clock: Pick<Clock, 'now'>): string {
	return `${clock.now().toISOString().slice(0, 19)}Z`;
}

function listOf({end}: CatalogueProgress, omitted: string[]): CatalogueList {
	return end === undefined
		? {ended: 'no', omitted}
		: {ended: end.furtherRequests === 0 ? 'by-itself' : 'checked', pages: end.pages, omitted: omitted.toSorted()};
}

/** One repository may have been deleted since it was listed. Where all are absent, another store answers. */
function onlyAbsent(host: string): ProbeGap {
	return {
		code: 'registry.lists-only-absent',
		message: `${host} lists repositories and serves none of them.`,
		hint: 'Check the proxy in front of it and the folder it mounts: the lists may come from another store.',
	};
}

function noneChosen(host: string, chosen: readonly string[]): ProbeGap {
	return {
		code: 'usage.repositories',
		message: `No repository of ${host} is named by ${chosen.join(', ')}.`,
		hint: 'A * stands for any characters: --repository "tools/*".',
	};
}

/** Undefined: the registry was lost before, which is the reason. @throws any error that is a bug */
function catalogueFailure(error: unknown, health: RegistryHealth): OperatorError | undefined {
	if (error instanceof OperatorError) {
		return error;
	}

	if (health.lost()) {
		return undefined;
	}

	throw error;
}
