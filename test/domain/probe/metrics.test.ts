import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type MetricName, metricNames, metricsOf, mostBrokenImages} from '../../../src/domain/probe/metrics.ts';
import type {ProbeReport} from '../../../src/domain/probe/probe.ts';
import {brokenImage, instance, reportWith, unknownImage} from '../../support/probe-reports.ts';

const measured = (report: ProbeReport, allowEmpty = false) =>
	Object.fromEntries(metricsOf(report, {allowEmpty}).map(({name, samples}) => [name, samples[0]!.value])) as Partial<
		Record<MetricName, number>
	>;
const series = (report: ProbeReport, name: MetricName) =>
	metricsOf(report).find(metric => metric.name === name)?.samples ?? [];
const unreachable = {
	code: 'registry.unreachable' as const,
	message: 'Nothing listens.',
	hint: 'Start it.',
	exit: 'unreachable' as const,
};

describe('the metrics of a run', () => {
	it('of a healthy registry report 0 failures, the time, and the counts', () => {
		expect(measured(reportWith())).toEqual({
			[metricNames.failures]: 0,
			[metricNames.catalogAccessible]: 1,
			[metricNames.repositoriesChecked]: 3,
			[metricNames.tagsChecked]: 9,
			[metricNames.indexesChecked]: 8,
			[metricNames.lastRun]: Date.UTC(2026, 3, 19, 2, 0, 11, 500) / 1000,
			[metricNames.duration]: 1.5,
			[metricNames.unknown]: 0,
			[metricNames.requests]: 120,
			[metricNames.brokenImagesLeftOut]: 0,
		});
	});

	it('report an unreadable catalogue, and no counts', () => {
		const blind = reportWith({catalog: false, listed: 0, repositories: 0, tags: 0, unknown: 1, failure: unreachable});

		expect(measured(blind)).toEqual({
			[metricNames.catalogAccessible]: 0,
			[metricNames.lastRun]: expect.any(Number),
			[metricNames.duration]: 1.5,
			[metricNames.requests]: 120,
		});
	});

	it.each<[string, Partial<ProbeReport>]>([
		['something could not be checked', {unknown: 1}],
		['the catalogue is empty', {listed: 0, repositories: 0, tags: 0}],
		['the registry was lost on the way', {failure: unreachable}],
		['the catalogue was cut off', {catalog: false}],
	])('do not say that nothing fails where %s', (_, more) => {
		const names = metricsOf(reportWith(more)).map(({name}) => name);

		expect(names).not.toContain(metricNames.failures);
		expect(names).not.toContain(metricNames.faults);
		expect(names).not.toContain(metricNames.brokenImage);
		expect(names).not.toContain(metricNames.brokenImagesLeftOut);
	});

	it('report failures also where not everything could be checked', () => {
		const report = reportWith({failures: 1, unknown: 4, catalog: false, images: [brokenImage('app:v1')]});

		expect(measured(report)).toMatchObject({[metricNames.failures]: 1, [metricNames.catalogAccessible]: 0});
	});

	it('of an accepted empty catalogue report 0 failures', () => {
		expect(measured(reportWith({listed: 0, repositories: 0, tags: 0, indexes: 0}), true)).toMatchObject({
			[metricNames.failures]: 0,
		});
	});

	it('name broken images up to a limit, each once, and count the others', () => {
		const images = Array.from({length: 300}, (_, n) => brokenImage(`team/app-${n}:v1`));
		const report = reportWith({failures: 320, images: [...images, images[0]!, unknownImage('team/app-x:v1')]});

		const named = series(report, metricNames.brokenImage);

		expect(named).toHaveLength(mostBrokenImages);
		expect(new Set(named.map(({labels}) => JSON.stringify(labels))).size).toBe(mostBrokenImages);
		expect(named[0]).toEqual({
			labels: {instance, repository: 'team/app-0', tag: 'v1', kind: 'child-missing'},
			value: 1,
		});
		expect(measured(report)[metricNames.brokenImagesLeftOut]).toBe(220);
		expect(series({...report, images: [images[7]!, images[7]!]}, metricNames.brokenImage)).toHaveLength(1);
	});

	it('count faults by kind', () => {
		const report = reportWith({failures: 2, faults: {'child-missing': 2, 'layer-missing': 5}, images: []});

		expect(series(report, metricNames.faults).map(({labels: {kind}, value}) => [kind, value])).toEqual([
			['child-missing', 2],
			['layer-missing', 5],
		]);
	});

	it('have the instance, and the shard where there is one, on every sample', () => {
		const of = (more: Partial<ProbeReport>) =>
			metricsOf(
				reportWith({failures: 1, faults: {'child-missing': 1}, images: [brokenImage('app:v1')], ...more}),
			).flatMap(({samples}) => samples.map(({labels}) => labels));

		expect(of({shard: {index: 1, of: 4}}).every(({shard, instance: i}) => shard === '1/4' && i === instance)).toBe(
			true,
		);
		expect(of({}).every(labels => !('shard' in labels) && labels.instance === instance)).toBe(true);
	});

	it('never report 0 failures where anything is unknown', () => {
		const count = fc.nat(3);
		fc.assert(
			fc.property(fc.boolean(), count, count, count, fc.boolean(), (catalog, listed, failures, unknown, isLost) => {
				const report = reportWith({catalog, listed, failures, unknown, ...(isLost ? {failure: unreachable} : {})});
				const said = measured(report)[metricNames.failures];

				expect(said === 0).toBe(failures === 0 && catalog && listed > 0 && unknown === 0 && !isLost);
				expect(said ?? failures).toBe(said === undefined ? 0 : failures);
			}),
		);
	});
});
