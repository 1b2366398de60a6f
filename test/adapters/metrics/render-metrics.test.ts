import fc from 'fast-check';
import {expect, it} from 'vitest';
import {groupPath, parsePushUrl} from '../../../src/adapters/metrics/push-address.ts';
import {renderMetrics} from '../../../src/adapters/metrics/render-metrics.ts';
import {metricNames, metricsOf} from '../../../src/domain/probe/metrics.ts';
import {brokenImage, reportWith} from '../../support/probe-reports.ts';

it('a run becomes text that Prometheus reads', async () => {
	const text = await renderMetrics(metricsOf(reportWith({failures: 1, images: [brokenImage('team/app:v1')]})));

	expect(text).toContain('\nregistry_manifest_integrity_failures{instance="registry.example:5050"} 1\n');
	expect(text).toContain(
		'registry_manifest_integrity_broken_image{instance="registry.example:5050",repository="team/app",tag="v1",kind="child-missing"} 1\n',
	);
});

it('no label value can end its quotes or its line', async () => {
	await fc.assert(
		fc.asyncProperty(fc.string({unit: 'binary'}), async repository => {
			const text = await renderMetrics([
				{name: metricNames.brokenImage, help: 'h', samples: [{labels: {repository}, value: 1}]},
			]);

			const [, escaped] = /^registry_manifest_integrity_broken_image\{repository="((?:[^"\\\n]|\\["\\n])*)"\} 1$/m.exec(
				text,
			)!;
			expect(escaped!.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c))).toBe(repository);
			expect(text.trimEnd().split('\n')).toHaveLength(3);
		}),
	);
});

it('two pushes with the same labels are one group, whatever characters the labels have', () => {
	expect(groupPath('probe', {instance: '127.0.0.1:5000'})).toBe('/job/probe/instance/127.0.0.1:5000');
	expect(groupPath('probe', {instance: '[::1]:5000', shard: '1/4'})).toBe(
		'/job/probe/instance@base64/Wzo6MV06NTAwMA/shard@base64/MS80',
	);
	expect(groupPath('..', {instance: ''})).toBe('/job@base64/Li4/instance@base64/=');
});

it.each([
	['http://127.0.0.1:9091', 'http://127.0.0.1:9091/'],
	['https://metrics.example/push/', 'https://metrics.example/push'],
])('%s is the address of a Pushgateway', (text, url) => {
	expect(parsePushUrl(text).href).toBe(url);
});

it.each([
	['pushgateway:9091', /http:\/\/HOST/],
	['ftp://x', /http:\/\/HOST/],
	['http://metrics.example/metrics/job/a', /--job/],
	['http://nora:hunter22@metrics.example', /PUSHGATEWAY_PASSWORD/],
	['//nora:hunter22@metrics.example', /http:\/\/HOST/],
])('%s is not, and no password in it is repeated', (text, hint) => {
	expect(() => parsePushUrl(text)).toThrow(
		expect.objectContaining({
			exit: 'usage',
			hint: expect.stringMatching(hint),
			message: expect.not.stringContaining('hunter22'),
		}),
	);
});
