import type {Reason} from '../error-codes.ts';
import type {ExitMeaning} from '../errors.ts';
import type {FaultKind} from '../image/fault.ts';
import type {Depth, ImageCheck, RegistryRole} from '../image/verdict.ts';

/** A part of the catalogue: repositories are dealt out by a stable hash of their names. `index` counts from 0. */
export type Shard = {index: number; of: number};

/** Something the run could not look at, which keeps it from being a clean bill of health. */
export type ProbeGap = Reason & {
	/** Absent: the catalogue itself. */
	repository?: string;
};

/**
 * What one run over a catalogue found.
 * A run that could not read the catalogue has `catalog: false`, and its counts say nothing about the registry.
 */
export type ProbeReport = {
	/** `host[:port]`: the label `instance` of the metrics. */
	instance: string;
	shard?: Shard;
	depth: Depth;
	role: RegistryRole;
	/** Whether the catalogue could be read to its end. */
	catalog: boolean;
	/** Repositories the whole catalogue names, before any shard: 0 is an answer, and seldom a good sign. */
	listed: number;
	/** Repositories whose tags were walked. */
	repositories: number;
	/** Tags walked, whatever came of it. */
	tags: number;
	/** Distinct indexes met, per repository. */
	indexes: number;
	/** Broken images, that is, tags that cannot be pulled. */
	failures: number;
	/** Images and repositories of which nothing can be said. */
	unknown: number;
	/** Of those, images that answered and are of a form that nothing can be said of, now or later: schema 1, or naming nothing. */
	unfit: number;
	/** Distinct (repository, digest) pairs at fault, by kind. */
	faults: Partial<Record<FaultKind, number>>;
	requests: number;
	/** Of wall-clock time. */
	seconds: number;
	/** ISO 8601, UTC: when the run ended. */
	finished: string;
	/** What is not intact, broken ones first, by name: no more than `mostImagesKept`. `failures` counts them all. */
	images: ImageCheck[];
	/** No more than `mostGapsKept`. */
	gaps: ProbeGap[];
	/** Names in the lists that are no names of repositories or tags: nobody can pull them, so nobody looked. */
	odd: {count: number; examples: string[]};
	/** What ended the run before its end: no catalogue to be had, or a registry that fell silent. */
	failure?: ProbeGap & {exit: ExitMeaning};
};

/** A registry may be broken from end to end; its report still has to fit into memory. */
export const mostImagesKept = 1_000;
export const mostGapsKept = 200;
export const mostOddNamesKept = 5;

/** Where the run stands. */
export type ProbeProgress = {
	/** Looked through. */
	repositories: number;
	/** Known of so far, of this shard. */
	known: number;
	/** Whether `known` is all there is. */
	isListed: boolean;
	tags: number;
	failures: number;
	unknown: number;
	requests: number;
};

type Outcome = Pick<ProbeReport, 'catalog' | 'listed' | 'failures' | 'unknown' | 'unfit' | 'failure'>;
/** `allowEmpty`: a registry that lists nothing is as it should be. */
export type Expectation = {allowEmpty?: boolean};

export function isEmpty({catalog, listed}: Pick<ProbeReport, 'catalog' | 'listed'>): boolean {
	return catalog && listed === 0;
}

/** Whether the run looked at everything that it was to look at: only then is "no failure" an answer. */
export function sawEverything(report: Outcome, {allowEmpty = false}: Expectation = {}): boolean {
	const {catalog, failure, unknown, unfit} = report;
	return catalog && failure === undefined && unknown === unfit && (allowEmpty || !isEmpty(report));
}

/** A broken image outranks whatever could not be seen. */
export function exitOf(report: Outcome, expectation: Expectation = {}): ExitMeaning {
	if (report.failures > 0) {
		return 'broken';
	}

	if (sawEverything(report, expectation) && report.unknown === 0) {
		return 'done';
	}

	const {exit} = report.failure ?? {};
	return exit === 'unreachable' || exit === 'refused' || exit === 'configuration' ? exit : 'indeterminate';
}
