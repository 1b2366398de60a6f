import {faultKinds} from '../image/fault.ts';
import type {ImageCheck} from '../image/verdict.ts';
import {type Expectation, type ProbeReport, sawEverything} from './probe.ts';
import {formatShard} from './shard.ts';

/**
 * The names that dashboards and alerts use. Every sample has the label `instance`; where the catalogue is sharded, `shard`
 * as well. The first six had alerts before regmedic existed.
 */
export const metricNames = {
	failures: 'registry_manifest_integrity_failures',
	catalogAccessible: 'registry_manifest_integrity_catalog_accessible',
	repositoriesChecked: 'registry_manifest_integrity_repos_checked',
	tagsChecked: 'registry_manifest_integrity_tags_checked',
	indexesChecked: 'registry_manifest_integrity_indexes_checked',
	lastRun: 'registry_manifest_integrity_last_run_timestamp',
	/** Of the run, in seconds. */
	duration: 'registry_manifest_integrity_run_duration_seconds',
	/** Images and repositories that could not be checked. */
	unknown: 'registry_manifest_integrity_unknown',
	requests: 'registry_manifest_integrity_requests',
	/** Label `kind`. */
	faults: 'registry_manifest_integrity_faults',
	/** Labels `repository`, `tag`, `kind`; always 1, and no more than `mostBrokenImages` of them. */
	brokenImage: 'registry_manifest_integrity_broken_image',
	/** Broken images that have no series of their own, because there are too many. */
	brokenImagesLeftOut: 'registry_manifest_integrity_broken_images_left_out',
} as const;

export type MetricName = (typeof metricNames)[keyof typeof metricNames];

/** A gauge with its samples. */
export type Metric = {
	name: MetricName;
	help: string;
	samples: {labels: Record<string, string>; value: number}[];
};

/** Every series of an image costs Prometheus memory until its retention ends. */
export const mostBrokenImages = 100;

type Sample = Metric['samples'][number];

/**
 * The metrics of a run. A run that did not check everything cannot report 0 failures: then the number is left out, so that an
 * alert neither fires nor resolves.
 */
export function metricsOf(report: ProbeReport, expectation: Expectation = {}): Metric[] {
	const own = labelsOf(report);
	const gauge = (name: MetricName, help: string, ...samples: Sample[]): Metric => ({
		name,
		help,
		samples: samples.map(({labels, value}) => ({labels: {...own, ...labels}, value})),
	});
	const single = (name: MetricName, help: string, value: number) => gauge(name, help, {labels: {}, value});
	const knowsFailures = report.failures > 0 || sawEverything(report, expectation);
	const broken = brokenImages(report);

	return [
		single(metricNames.catalogAccessible, 'Whether the catalogue could be read to its end.', Number(report.catalog)),
		single(metricNames.lastRun, 'When the last run ended, in seconds since 1970.', Date.parse(report.finished) / 1000),
		single(metricNames.duration, 'How long the run took, in seconds.', report.seconds),
		single(metricNames.requests, 'Requests that the run made to the registry.', report.requests),
		...(report.catalog
			? [
					single(metricNames.repositoriesChecked, 'Repositories whose tags were checked.', report.repositories),
					single(metricNames.tagsChecked, 'Tags that were checked.', report.tags),
					single(metricNames.indexesChecked, 'Distinct indexes that were checked.', report.indexes),
					single(metricNames.unknown, 'Images and repositories that could not be checked.', report.unknown),
				]
			: []),
		...(knowsFailures
			? [
					single(metricNames.failures, 'Tags that cannot be pulled.', report.failures),
					gauge(
						metricNames.faults,
						'Distinct digests at fault, by kind.',
						...faultKinds.flatMap(kind => {
							const value = report.faults[kind] ?? 0;
							return value > 0 ? [{labels: {kind}, value}] : [];
						}),
					),
					gauge(metricNames.brokenImage, 'An image that cannot be pulled, and why.', ...broken),
					single(
						metricNames.brokenImagesLeftOut,
						'Broken images without a series of their own.',
						report.failures - broken.length,
					),
				]
			: []),
	].filter(({samples}) => samples.length > 0);
}

/** The labels of every sample, which also tell this run from others of the same job. */
export function labelsOf({instance, shard}: Pick<ProbeReport, 'instance' | 'shard'>): Record<string, string> {
	return {instance, ...(shard === undefined ? {} : {shard: formatShard(shard)})};
}

/** One sample a tag: Prometheus rejects a whole exposition in which the same labels occur twice. */
function brokenImages({images, instance}: ProbeReport): Sample[] {
	const broken = images.filter(({verdict}) => verdict === 'broken');
	return [...new Map(broken.map(check => [check.reference, check])).values()]
		.slice(0, mostBrokenImages)
		.map(check => ({labels: imageLabels(check, instance), value: 1}));
}

function imageLabels({reference, faults}: ImageCheck, instance: string): Record<string, string> {
	const name = reference.startsWith(`${instance}/`) ? reference.slice(instance.length + 1) : reference;
	const colon = name.lastIndexOf(':');
	return {repository: name.slice(0, colon), tag: name.slice(colon + 1), kind: faults[0]?.kind ?? 'unknown'};
}
