import type {Reason} from '../error-codes.ts';
import type {ExitMeaning} from '../errors.ts';
import type {FaultKind} from '../image/fault.ts';
import type {Depth, ImageCheck, RegistryRole} from '../image/verdict.ts';

/** A part of the catalogue: repositories are assigned by a stable hash of their names. `index` counts from 0. */
export type Shard = {index: number; of: number};

/** Something that the run could not check: because of it, no failures do not mean that all images are intact. */
export type ProbeGap = Reason & {
	/** Absent: the catalogue itself. */
	repository?: string;
};

/** How the catalogue was listed. */
export type CatalogueList = {
	/**
	 * `by-itself`: the registry showed which page is the last. `checked`: a page without a next one might have been cut
	 * off; regmedic requested the names after it until nothing new came. `no`: the end was not reached. `given`: the catalogue was
	 * not asked for, the repositories were named.
	 */
	ended: 'by-itself' | 'checked' | 'no' | 'given';
	/** Absent where the end was not reached. */
	pages?: number;
	/** Repositories that exist although the catalogue omits them. They were checked, too. */
	omitted: string[];
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
	/** Repositories in the whole catalogue, of all shards. 0 is possible, and rarely right. */
	listed: number;
	list: CatalogueList;
	/** Repositories whose tags were walked. */
	repositories: number;
	/** Tags walked, whatever the verdict. */
	tags: number;
	/** Distinct indexes of each repository, added up. */
	indexes: number;
	/** Distinct blobs of each repository, added up, that the registry sends only whole: their size was checked, and not their last byte. */
	sizeOnly: number;
	/** Images of which a platform is absent that is not meant to be there; they count as intact. Absent for none. */
	notMeant?: number;
	/** Intact images that only some clients cannot pull. */
	warned?: number;
	/** The registry is proven to serve manifests whose links its disk has lost. Absent: not proven. */
	mayLackLinks?: true;
	/** Broken images: tags that cannot be pulled. */
	failures: number;
	/** Images and repositories that could not be checked. */
	unknown: number;
	/** Of those, images in a form that is never checked: schema 1, or a manifest that references nothing. */
	unfit: number;
	/** Distinct (repository, digest) pairs at fault, by kind. */
	faults: Partial<Record<FaultKind, number>>;
	requests: number;
	/** Of wall-clock time. */
	seconds: number;
	/** ISO 8601, UTC: when the run ended. */
	finished: string;
	/** Images that are not intact, broken ones first, by name; no more than `mostImagesKept`. `failures` counts all broken ones. */
	images: ImageCheck[];
	/** No more than `mostGapsKept`. */
	gaps: ProbeGap[];
	/** Listed names that are not valid names of repositories or tags: they cannot be pulled, so they were not checked. */
	odd: {count: number; examples: string[]};
	/** Why the run ended early: the catalogue could not be read, or the registry stopped responding. */
	failure?: ProbeGap & {exit: ExitMeaning};
};

/** Even if every image is broken, the report has to fit into memory. */
export const mostImagesKept = 1_000;
export const mostGapsKept = 200;
export const mostOddNamesKept = 5;

/** How far the run is. */
export type ProbeProgress = {
	/** Repositories that are done. */
	repositories: number;
	/** Repositories of this shard, as far as they are listed. */
	known: number;
	/** Whether the catalogue is listed to its end. */
	isListed: boolean;
	tags: number;
	failures: number;
	unknown: number;
	requests: number;
};

type Outcome = Pick<ProbeReport, 'catalog' | 'listed' | 'failures' | 'unknown' | 'unfit' | 'failure'>;
/** `allowEmpty`: accept an empty catalogue. */
export type Expectation = {allowEmpty?: boolean};

export function isEmpty({catalog, listed}: Pick<ProbeReport, 'catalog' | 'listed'>): boolean {
	return catalog && listed === 0;
}

/** Whether the run checked everything: only then do no failures mean that all images are intact. */
export function sawEverything(report: Outcome, {allowEmpty = false}: Expectation = {}): boolean {
	const {catalog, failure, unknown, unfit} = report;
	return catalog && failure === undefined && unknown === unfit && (allowEmpty || !isEmpty(report));
}

/** A broken image outranks what could not be checked. */
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
