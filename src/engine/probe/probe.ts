import {OperatorError} from '../../domain/errors.ts';
import type {Depth, ImageCheck} from '../../domain/image/verdict.ts';
import type {ProbeGap, ProbeProgress, ProbeReport, Shard} from '../../domain/probe/probe.ts';
import {createProbeTally} from '../../domain/probe/tally.ts';
import type {Clock} from '../ports/clock.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import {createWalker} from '../verify/walker.ts';
import {type Heard, ownRepositories} from './catalogue.ts';
import {each} from './each.ts';
import {createLifeline, type Lifeline} from './lifeline.ts';
import {createPlaces} from './places.ts';
import {type Prober, probeRepository} from './probe-repository.ts';
import {readAhead} from './read-ahead.ts';

/** Small repositories keep the registry as busy as large ones. */
const repositoriesAtATime = 8;
const walksAtATime = 16;
/** So that most catalogues have a known length from the start, and the longest fit into memory. */
const namesAhead = 10_000;

export type ProbeOptions = Waiting & {
	depth: Depth;
	role: 'authoritative' | 'cache';
	shard?: Shard | undefined;
	/** Only so many of the newest tags of each repository. */
	newest?: number | undefined;
	clock: Pick<Clock, 'now' | 'monotonic'>;
	/** Every image, as soon as it is walked. */
	onImage?: (check: ImageCheck) => void;
	onProgress?: (progress: ProbeProgress) => void;
};

/**
 * Walks the images of a whole catalogue. What keeps the registry from being looked at is a part of the report, and not
 * thrown: a run that could not see has to say so.
 * @throws the reason of the signal, when the run is stopped
 */
export async function probe(registry: Registry, options: ProbeOptions): Promise<ProbeReport> {
	const {depth, role, shard, newest, clock, signal, onImage = () => {}, onProgress = () => {}} = options;
	const [begun, before] = [clock.monotonic(), registry.requests()];
	const halt = new AbortController();
	const lifeline = createLifeline(AbortSignal.any([signal, halt.signal]));
	const tally = createProbeTally();
	const heard: Heard = {listed: 0, known: 0, isListed: false};
	let done = 0;
	const tell = () => {
		const {tags, failures, unknown} = tally.counts();
		const {known, isListed} = heard;
		const requests = registry.requests() - before;
		onProgress({repositories: done, known, isListed, tags, failures, unknown, requests});
	};
	const prober: Prober = {
		registry,
		walker: createWalker(registry, {depth, role, signal: lifeline.signal}),
		tally,
		lifeline,
		places: createPlaces(walksAtATime),
		walksAtATime,
		newest,
		onImage(check) {
			onImage(check);
			tell();
		},
	};

	const names = readAhead(ownRepositories(registry.repositories(lifeline), {shard, tally, heard}), namesAhead);
	let failure: OperatorError | undefined;
	const nextName = async (): Promise<string | undefined> => {
		try {
			const {value} = await names.next();
			return lifeline.lost() ? undefined : (value ?? undefined);
		} catch (error) {
			failure = catalogueFailure(error, lifeline);
			return undefined;
		}
	};
	try {
		await each(nextName, repositoriesAtATime, async name => {
			await probeRepository(name, prober);
			done++;
			tell();
		});
	} catch (error) {
		signal.throwIfAborted();
		throw error;
	} finally {
		// Whatever still runs behind an error that is a bug.
		halt.abort();
		void names.return();
	}

	signal.throwIfAborted();
	failure = lifeline.lost() ?? failure;
	if (failure !== undefined) {
		const {code, message, hint} = failure;
		// What is known of and was not begun; and that there may be more.
		tally.gap({code, message, hint}, heard.known - done + Number(!heard.isListed));
	}

	const {repositories, unknown} = tally.counts();
	if (heard.known > 0 && repositories === 0 && unknown === 0) {
		tally.gap(onlyAbsent(registry.host), heard.known);
	}

	return {
		instance: registry.host,
		...(shard === undefined ? {} : {shard}),
		depth,
		role,
		catalog: heard.isListed,
		listed: heard.listed,
		...tally.counts(),
		requests: registry.requests() - before,
		seconds: Math.round(clock.monotonic() - begun) / 1000,
		finished: clock.now().toISOString(),
		images: tally.images(),
		...(failure === undefined
			? {}
			: {failure: {code: failure.code, message: failure.message, hint: failure.hint, exit: failure.exit}}),
	};
}

/** One of them may have been removed since it was listed; all of them is another store that answers. */
function onlyAbsent(host: string): ProbeGap {
	return {
		code: 'registry.lists-only-absent',
		message: `${host} knows none of the repositories that it lists.`,
		hint: 'Look at the proxy in front of it and at the folder it is mounted on: the lists may be answered from another store.',
	};
}

/** Undefined: it was given up before, and that is the reason. @throws anything that is not the registry's doing */
function catalogueFailure(error: unknown, lifeline: Lifeline): OperatorError | undefined {
	if (error instanceof OperatorError) {
		return error;
	}

	if (lifeline.lost()) {
		return undefined;
	}

	throw error;
}
