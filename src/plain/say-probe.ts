import {sayDuration} from '../domain/duration.ts';
import {faultKinds, faultMeanings} from '../domain/fault.ts';
import {type Expectation, isEmpty, type ProbeGap, type ProbeReport, sawEverything} from '../domain/probe/probe.ts';
import {formatShard} from '../domain/probe/shard.ts';
import type {ImageCheck} from '../domain/verdict.ts';
import {visibleLine} from '../domain/visible.ts';
import {count} from '../domain/wording.ts';
import {column, cutMiddle, wrap} from './fit.ts';
import {partOf} from './say-check.ts';

const mostImages = 25;
const mostReasons = 10;
const mostNamed = 5;
const widths = {kind: 20, part: 38};

/** What `regmedic probe` tells people at the end: what is broken and why, what could not be seen, what to do. */
export function sayProbe(report: ProbeReport, expectation: Expectation = {}): string[] {
	return [
		...sayBroken(report),
		...sayUnseen(report),
		...sayOdd(report),
		...saySummary(report),
		...sayVerdict(report, expectation),
	];
}

/** The same damage under several tags is told once. */
function sayBroken({images, failures, faults, instance}: ProbeReport): string[] {
	const broken = images.filter(({verdict}) => verdict === 'broken');
	if (failures === 0) {
		return [];
	}

	const same = [
		...Map.groupBy(broken, check => `${repositoryOf(check, instance)} ${check.digest ?? check.reference}`).values(),
	];
	const shown = same.slice(0, mostImages);
	const left = failures - shown.flat().length;
	return [
		row('FAULT', 'PART', 'ANSWER'),
		...shown.flatMap(checks => [
			cutMiddle(`${repositoryOf(checks[0]!, instance)}: ${checks.map(check => tagOf(check)).join(', ')}`, 100),
			...checks[0]!.faults.map(({kind, digest, platform, status, detail}) =>
				row(kind, partOf(digest, platform), cutMiddle([status, detail].filter(Boolean).join(' '), 38)),
			),
		]),
		...(left > 0 ? [`  and ${left} more; --json lists them.`] : []),
		...faultKinds.flatMap(kind => {
			const number = faults[kind] ?? 0;
			return number === 0 ? [] : wrap(`${number} ${kind}: ${faultMeanings[kind]}`, {first: '  ', rest: '      '});
		}),
	];
}

function row(kind: string, part: string, answer: string): string {
	return `  ${column(kind, widths.kind)} ${column(part, widths.part)} ${answer}`.trimEnd();
}

/** By reason: what keeps one image from being seen usually keeps others, too. */
function sayUnseen({images, gaps, unknown, instance}: ProbeReport): string[] {
	if (unknown === 0) {
		return [];
	}

	const reasons = [
		...gaps.map(gap => ({...gap, what: gap.repository})),
		...images
			.filter(({verdict}) => verdict === 'unknown')
			.map(check => ({...(check.unchecked[0] ?? noReason), what: `${repositoryOf(check, instance)}:${tagOf(check)}`})),
	];
	const grouped = [...Map.groupBy(reasons, ({message}) => message).values()];
	return [
		'Could not be checked:',
		...grouped.slice(0, mostReasons).flatMap(([first, ...more]) => sayReason(first!, [first!, ...more])),
		...(grouped.length > mostReasons ? [`  and more, for ${grouped.length - mostReasons} other reasons.`] : []),
	];
}

const noReason: ProbeGap = {code: 'unknown', message: 'No reason is known.', hint: 'Verify it again.'};

function sayReason({code, message, hint}: ProbeGap, all: readonly {what: string | undefined}[]): string[] {
	const names = all.flatMap(({what}) => what ?? []);
	const named = names.slice(0, mostNamed).join(', ');
	const what = names.length > mostNamed ? `${named} and ${names.length - mostNamed} more` : named;
	return [
		...wrap(`${what === '' ? '' : `${what}: `}${message} (${code})`, {first: '  - ', rest: '    '}),
		...wrap(hint, {first: '    '}),
	];
}

function sayOdd({odd: {count: number, examples}}: ProbeReport): string[] {
	return number === 0
		? []
		: wrap(
				`${count(number, 'listed name')} cannot be pulled by anybody and ${number === 1 ? 'was' : 'were'} left out: ${examples.map(visibleLine).join(', ')}${number > examples.length ? ', …' : ''}`,
			);
}

function saySummary({instance, shard, depth, repositories, tags, indexes, requests, seconds}: ProbeReport): string[] {
	const seen = [
		count(repositories, 'repository', 'repositories'),
		count(tags, 'tag'),
		count(indexes, 'index', 'indexes'),
	].join(', ');
	const where = `${instance}${shard === undefined ? '' : `, shard ${formatShard(shard)}`}`;
	const rate = seconds > 0 ? `, ${Math.round(requests / seconds)} a second` : '';
	return [
		...wrap(`${where}: ${seen} checked at depth ${depth}.`),
		`${count(requests, 'request')} in ${sayDuration(seconds * 1000)}${rate}.`,
	];
}

function sayVerdict(report: ProbeReport, expectation: Expectation): string[] {
	const {failures, unknown, tags, instance, images} = report;

	if (failures > 0) {
		const beyond = unknown === 0 ? '' : `; ${unknown} could not be checked`;
		const first = images.find(({verdict}) => verdict === 'broken');
		return [
			`broken: ${failures} of ${count(tags, 'tag')} cannot be pulled${beyond}.`,
			...(first ? [`Next: regmedic respond --image ${visibleLine(first.reference)}`] : []),
		];
	}

	if (isEmpty(report) && !expectation.allowEmpty) {
		return [
			...wrap(`unknown: the catalogue of ${instance} is empty. That is seldom true.`),
			...wrap(
				'A proxy that still points to an old container answers {"repositories":[]}, and so does a registry on the wrong store: restart the proxy, look at the mounted folder. If it is meant to be empty: --allow-empty.',
				{first: '  '},
			),
		];
	}

	if (unknown > 0 || !sawEverything(report, expectation)) {
		return [
			...wrap(
				report.catalog
					? `unknown: ${unknown} could not be checked. Nothing wrong was seen, and that proves nothing.`
					: 'unknown: the catalogue could not be read to its end. Nothing wrong was seen, and that proves nothing.',
			),
			'Next: regmedic check',
		];
	}

	return [tags === 0 ? 'Nothing is there to be checked.' : `intact: all of ${count(tags, 'tag')} can be pulled.`];
}

function repositoryOf({reference}: ImageCheck, instance: string): string {
	return reference.slice(reference.startsWith(`${instance}/`) ? instance.length + 1 : 0, reference.lastIndexOf(':'));
}

function tagOf({reference}: ImageCheck): string {
	return reference.slice(reference.lastIndexOf(':') + 1);
}
