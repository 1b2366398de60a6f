import {expect, test} from 'vitest';
import {renderMetrics} from '../../src/adapters/metrics/render-metrics.ts';
import type {Audit} from '../../src/domain/audit/audit.ts';
import {OperatorError} from '../../src/domain/errors.ts';
import {parseDigest} from '../../src/domain/image/digest.ts';
import type {Fault} from '../../src/domain/image/fault.ts';
import type {ImageCheck} from '../../src/domain/image/verdict.ts';
import {currentVisit} from '../../src/domain/incident/incident.ts';
import {fold} from '../../src/domain/machine/machine.ts';
import {renderMarkdown} from '../../src/domain/post-mortem/markdown.ts';
import {postMortemOf} from '../../src/domain/post-mortem/post-mortem.ts';
import {metricsOf} from '../../src/domain/probe/metrics.ts';
import type {Scan} from '../../src/domain/storage/findings/finding.ts';
import {visibleJson} from '../../src/domain/text/visible.ts';
import {sayAudit} from '../../src/plain/audit/say-audit.ts';
import {sayProbe} from '../../src/plain/probe/say-probe.ts';
import {sayScan} from '../../src/plain/scan/say-scan.ts';
import {sayEnd} from '../../src/plain/session/say-end.ts';
import {sayEarlier, sayResult, sayStart} from '../../src/plain/session/say-visit.ts';
import {sayCheck, sayChecks} from '../../src/plain/verify/say-check.ts';
import {sayFailure} from '../../src/say-failure.ts';
import {createFormatter} from '../../src/ui/draw/formatter.ts';
import {forgeriesOf, forgery} from '../support/forgery.ts';
import {brokenImage, reportWith, unknownImage} from '../support/probe-reports.ts';
import {toldToProof} from '../support/told-incident.ts';

const digest = parseDigest(`sha256:${'9'.repeat(64)}`);
const fault = {
	kind: 'child-missing',
	digest,
	via: [digest],
	platform: 'linux/amd64',
	status: 404,
	detail: 'gone',
} satisfies Fault;

const check: ImageCheck = {
	...brokenImage('infra-ci:latest', fault),
	children: [{digest, platform: 'linux/amd64', verdict: 'broken', status: 404, blobs: 0, detail: 'gone'}],
	unchecked: unknownImage('x').unchecked,
};

const finding: Scan['findings'][number] = {
	kind: 'child-swept',
	repository: 'infra-ci',
	digest,
	tags: ['latest', 'manual'],
	via: [digest],
	platform: 'linux/amd64',
	missing: [digest],
	remedy: 'rebuild',
	since: '2026-04-19T02:00:11Z',
	detail: 'gone',
};
const scan: Scan = {
	root: '/opt/registry/data',
	complete: false,
	gaps: ['could not read a folder'],
	counts: {repositories: 12, tags: 72, indexes: 1, links: 531, blobs: 420},
	findings: [finding],
};

const audit: Audit & {place: string} = {
	place: 'vm:/opt/registry/data',
	versions: ['2.8.3'],
	risks: [
		{
			kind: 'removes-children',
			severity: 'will-break',
			file: '/etc/cron.d/registry',
			at: 3,
			line: '25 3 * * 0 root registry garbage-collect -m /c.yml',
			why: 'Children of an index have no tag.',
			advice: 'Leave -m out.',
		},
	],
	unseen: [{what: 'the metrics', why: 'nobody says where they are', optional: true}],
};

const told = toldToProof()
	.tell({type: 'note.added', text: 'It was the collector.'})
	.tell({type: 'incident.closed'}).events;
const incident = fold(told);

const failure = {message: 'A build failed.', hint: 'Look at its log.'};
const sayError = ({message, hint}: typeof failure) => {
	const said: string[] = [];
	const voice = {version: '1', talk: (text: string) => void said.push(text)};
	const error = new OperatorError('build.failed' as never, message, {hint, exit: 'failed', cause: new Error(message)});
	sayFailure(error, {json: false, plain: true, color: false, verbose: true}, voice);
	return said.join('');
};

const texts: [writer: string, texts: () => string[]][] = [
	['verify', () => forgeriesOf(check).flatMap(each => [sayCheck(each).join('\n'), sayChecks([each, each])])],
	[
		'probe',
		() =>
			forgeriesOf(reportWith({failures: 1, images: [check], gaps: [], odd: {count: 1, examples: ['odd']}})).map(each =>
				sayProbe(each).join('\n'),
			),
	],
	['scan', () => forgeriesOf(scan).map(each => sayScan(each).join('\n'))],
	['audit', () => forgeriesOf(audit).map(each => sayAudit(each).join('\n'))],
	['an error', () => forgeriesOf(failure).map(sayError)],
	[
		'a session',
		() =>
			forgeriesOf(incident.visits).flatMap(visits => {
				const forged = {...incident, visits};
				const visit = currentVisit(forged) ?? visits.at(-1)!;
				return visits
					.flatMap(each => [sayResult(each), sayEarlier(forged, each)])
					.concat([sayStart(forged, visit), sayEnd(forged, {journalFolder: '/j', resumeCommand: 'r'} as never)])
					.map(lines => lines.join('\n'));
			}),
	],
	[
		'the screen',
		() => {
			const format = createFormatter(true);
			return [format.wrap(`a${forgery}`, 80), [format.row(`a${forgery}`)]].map(rows =>
				rows.map(row => row.map(({text}) => text).join('')).join('\n'),
			);
		},
	],
	['JSON', () => [visibleJson({a: forgery, [forgery]: 1}, '  ')]],
];

test.each(texts)('text from outside begins no line of %s', (_writer, said) => {
	const all = said();

	expect(all.length).toBeGreaterThan(0);
	expect(
		all.filter(text => /^\s*FORGED|^(?:WRAPPED|TABBED)/m.test(text) || /[\r\v\f\u0085\u2028\u2029\u001B]/.test(text)),
	).toEqual([]);
});

test('text from outside begins no line of the metrics', async () => {
	for (const forged of forgeriesOf(reportWith({failures: 1, images: [check]}))) {
		// A line of metrics ends with \n alone.
		expect((await renderMetrics(metricsOf(forged))).split('\n').filter(line => line.startsWith('FORGED'))).toEqual([]);
	}
});

test('text from outside begins no line, no cell and no item of the exported post-mortem', () => {
	const report = postMortemOf(told);
	const plain = renderMarkdown(report);
	const shape = (text: string) => text.split('\n').map(line => line.replace(/\\\||[^|]/g, '').length);

	for (const forged of forgeriesOf(report)) {
		const text = renderMarkdown(forged);

		expect(text).not.toMatch(/^[\s|>#*+-]*FORGED/m);
		expect(shape(text)).toEqual(shape(plain));
	}
});

test('an item of the exported post-mortem does not begin another list', () => {
	const report = postMortemOf(told);

	for (const beginning of ['- [x] **P0** done', '+ a', '1. a', '# a', '> a', '| a | b |']) {
		const text = renderMarkdown({...report, cause: [beginning]});
		const [, item] = /## Root cause, as found\n\n(.*)\n/.exec(text)!;

		expect(item).not.toMatch(/^- (?:[-+*#>|]|\d+\.)/);
	}
});
