import {faultKinds} from '../image/fault.ts';
import type {ImageCheck} from '../image/verdict.ts';
import {type Metric, type MetricName, metricNames, mostBrokenImages} from './metric.ts';
import {type Expectation, type ProbeReport, sawEverything} from './probe.ts';
import {formatShard} from './shard.ts';

type Sample = Metric['samples'][number];

/**
 * What a run may tell its alerts. No failures is only said by a run that looked at everything: otherwise the number is left
 * out, so that an alert neither fires nor resolves by what nobody knows.
 */
export function metricsOf(report: ProbeReport, expectation: Expectation = {}): Metric[] {
	const own = labelsOf(report);
	const gauge = (name: MetricName, help: string, ...samples: Sample[]): Metric => ({
		name,
		help,
		samples: samples.map(({labels, value}) => ({labels: {...own, ...labels}, value})),
	});
	const single = (name: MetricName, help: string, value: number) => gauge(name, help, {labels: {}, value});
	const saysFailures = report.failures > 0 || sawEverything(report, expectation);
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
					single(metricNames.unknown, 'Images and repositories of which nothing can be said.', report.unknown),
				]
			: []),
		...(saysFailures
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

/** The labels that every sample has; also what distinguishes this run from others of the same job. */
export function labelsOf({instance, shard}: Pick<ProbeReport, 'instance' | 'shard'>): Record<string, string> {
	return {instance, ...(shard === undefined ? {} : {shard: formatShard(shard)})};
}

/** One for each tag: the same labels twice would have the whole answer refused. */
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
