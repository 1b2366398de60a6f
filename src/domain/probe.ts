import type {FaultKind} from './fault.ts';
import type {Depth, ImageCheck} from './verdict.ts';

/** A part of the catalogue: repositories are dealt out by a stable hash of their names. `index` counts from 0. */
export type Shard = {index: number; of: number};

/** Something the run could not look at, which keeps it from being a clean bill of health. */
export type ProbeGap = {
	/** Absent: the catalogue itself. */
	repository?: string;
	code: string;
	message: string;
	hint: string;
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
	role: 'authoritative' | 'cache';
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
	/** Distinct (repository, digest) pairs at fault, by kind. */
	faults: Partial<Record<FaultKind, number>>;
	requests: number;
	/** Of wall-clock time. */
	seconds: number;
	/** ISO 8601, UTC: when the run ended. */
	finished: string;
	/** What is not intact; with `all`, every image. */
	images: ImageCheck[];
	gaps: ProbeGap[];
};
