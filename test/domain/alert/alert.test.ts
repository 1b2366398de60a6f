import fc from 'fast-check';
import {expect, it} from 'vitest';
import {parseAlerts, targetsOf} from '../../../src/domain/alert/alert.ts';
import {sayTarget} from '../../../src/domain/alert/target.ts';
import {parseConfiguration} from '../../../src/domain/configuration.ts';
import {OperatorError} from '../../../src/domain/errors.ts';

const configuration = parseConfiguration(
	'registries: {private: {url: "https://registry.example:5050"}, mirror: {url: "https://mirror.example"}}',
	'regmedic.yaml',
);

const firing = (labels: Record<string, string>) => ({status: 'firing', labels});
const targets = (...alerts: unknown[]) =>
	targetsOf(parseAlerts(JSON.stringify({version: '4', alerts}), 'alert.json'), configuration).map(sayTarget);

/** As in the documentation of Alertmanager, with everything that it sends. */
const whole = {
	version: '4',
	groupKey: '{}:{alertname="RegistryManifestIntegrityFailure"}',
	truncatedAlerts: 2,
	status: 'firing',
	receiver: 'oncall',
	groupLabels: {alertname: 'RegistryManifestIntegrityFailure'},
	commonLabels: {instance: 'registry.example:5050'},
	commonAnnotations: {},
	externalURL: 'http://alertmanager.example:9093',
	alerts: [
		{
			status: 'firing',
			labels: {alertname: 'RegistryManifestIntegrityFailure', instance: 'registry.example:5050', severity: 'critical'},
			annotations: {summary: '…'},
			startsAt: '2026-04-19T03:00:00.000Z',
			endsAt: '0001-01-01T00:00:00Z',
			generatorURL: 'http://prometheus.example/graph',
			fingerprint: '1a30ba71cca2921f',
		},
	],
};

it('the whole message of Alertmanager is read, with what it cut off', () => {
	const alerts = parseAlerts(JSON.stringify(whole), 'alert.json');

	expect(alerts.truncated).toBe(2);
	expect(targetsOf(alerts, configuration)).toEqual([{kind: 'registry', registry: 'private'}]);
});

it('only what fires counts, and each target once', () => {
	const image = {instance: 'registry.example:5050', repository: 'tools/lint', tag: '1.2'};

	expect(targets(firing(image), firing({...image, kind: 'child-swept'}))).toEqual([
		'registry.example:5050/tools/lint:1.2',
	]);
	expect(targets({status: 'resolved', labels: image}, firing({instance: 'mirror.example'}))).toEqual([
		'the registry mirror',
	]);
	expect(targets({status: 'resolved', labels: image})).toEqual([]);
});

it('a registry is left out where an alert names an image of it', () => {
	expect(
		targets(
			firing({instance: 'registry.example:5050'}),
			firing({instance: 'mirror.example'}),
			firing({instance: 'registry.example:5050', repository: 'infra-ci', tag: 'latest'}),
		),
	).toEqual(['the registry mirror', 'registry.example:5050/infra-ci:latest']);
});

it.each([
	['a URL', 'https://registry.example:5050/v2/', 'the registry private'],
	['a host in capitals', 'Registry.Example:5050', 'the registry private'],
	['the default port', 'mirror.example:443', undefined],
	['a host that is not configured', 'other.example', undefined],
	['nothing', '', undefined],
	['no host', '/etc/passwd', undefined],
])('the instance may be %s', (_, instance, target) => {
	expect(targets(firing({instance}))).toEqual(target === undefined ? [] : [target]);
});

it('of a host that is not configured an image alone is a target, and is said to be so', () => {
	expect(targets(firing({instance: 'other.example', repository: 'a/b', tag: '1'}))).toEqual([
		'other.example/a/b:1, whose registry is not configured',
	]);
});

it.each([
	['a repository without a tag', {repository: 'infra-ci'}],
	['a repository that is none', {repository: '../../etc', tag: 'latest'}],
	['a tag that is none', {repository: 'infra-ci', tag: '$(reboot)'}],
	['a tag with a control character', {repository: 'infra-ci', tag: 'a\u001b[2J'}],
])('%s leaves the registry', (_, labels) => {
	expect(targets(firing({instance: 'registry.example:5050', ...labels}))).toEqual(['the registry private']);
});

it.each([
	['no JSON', 'hello', 'It is not JSON.'],
	['a list', '[]', 'alerts: '],
	['a message without alerts', '{"version":"4"}', 'alerts: '],
	['an alert without a status', '{"alerts":[{"labels":{}}]}', 'alerts.0.status: '],
	['a label that is no text', '{"alerts":[{"status":"firing","labels":{"instance":1}}]}', 'alerts.0.labels.instance: '],
])('%s is refused with the reason', (_, source, reason) => {
	expect(() => parseAlerts(source, 'alert.json')).toThrow(`alert.json is not an alert of Alertmanager. ${reason}`);
});

it('any JSON is read or refused, and a target is never more than a host, a name and a tag', () => {
	const label = fc.oneof(fc.string(), fc.constantFrom('registry.example:5050', 'infra-ci', 'latest', 'x@y', 'a/b'));
	const alert = fc.record({
		status: fc.constantFrom('firing', 'resolved'),
		labels: fc.record({instance: label, repository: label, tag: label}, {requiredKeys: []}),
	});
	fc.assert(
		fc.property(fc.oneof(fc.record({alerts: fc.array(alert)}), fc.jsonValue()), json => {
			try {
				for (const target of targetsOf(parseAlerts(JSON.stringify(json), 'x'), configuration)) {
					expect(sayTarget(target)).toMatch(
						/^(?:the registry \w+|[\w.:[\]-]+\/[a-z0-9._/-]+:[\w.-]+(?:, whose registry is not configured)?)$/,
					);
				}
			} catch (error) {
				expect(error).toBeInstanceOf(OperatorError);
			}
		}),
	);
});
