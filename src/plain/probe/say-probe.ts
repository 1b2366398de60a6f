import {partName} from '../../domain/image/digest.ts';
import {type Fault, faultKinds, faultMeanings, widestFaultKind} from '../../domain/image/fault.ts';
import {type ImageCheck, sayMayLackLinks, saySizeOnly} from '../../domain/image/verdict.ts';
import {type Expectation, isEmpty, type ProbeGap, type ProbeReport, sawEverything} from '../../domain/probe/probe.ts';
import {formatShard} from '../../domain/probe/shard.ts';
import {sayDuration} from '../../domain/text/time.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {readableColumns, wrap} from '../../domain/text/wrap.ts';
import {column} from '../layout/fit.ts';
import {sayList} from './say-list.ts';

const mostImages = 25;
const mostReasons = 10;
const mostNamed = 5;
const mostTags = 10;
/** `404 manifest unknown`, and a little more. */
const responseColumns = 24;
/** A platform and a short digest. Below this the parts of a row stand under each other. */
const leastPart = 31;

type SayProbeOptions = Expectation & {
	/** Of the terminal. */
	columns?: number;
};

/** What `regmedic probe` prints at the end: what is broken and why, what could not be checked, what to do. */
export function sayProbe(report: ProbeReport, {columns, ...expectation}: SayProbeOptions = {}): string[] {
	const width = readableColumns(columns);
	return [
		...sayBroken(report, width),
		...sayUnseen(report, width),
		...sayList(report, width),
		...saySummary(report, width),
		...sayVerdict(report, expectation, width),
	];
}

/** The same damage under several tags is listed once. */
function sayBroken({images, failures, faults, instance}: ProbeReport, columns: number): string[] {
	const broken = images.filter(({verdict}) => verdict === 'broken');
	if (failures === 0) {
		return [];
	}

	const same = [
		...Map.groupBy(broken, check => `${repositoryOf(check, instance)} ${check.digest ?? check.reference}`).values(),
	];
	const shown = same.slice(0, mostImages);
	const left = failures - shown.flat().length;
	const longest = Math.max(...shown.flatMap(([check]) => check!.faults.map(fault => partName(fault).length)), 0);
	const room = columns - 2 - widestFaultKind() - 1 - 1 - responseColumns;
	const part = room < leastPart ? undefined : Math.min(room, Math.max(leastPart, longest));
	return [
		...(part === undefined ? [] : [`  ${column('FAULT', widestFaultKind())} ${column('PART', part)} RESPONSE`]),
		...shown.flatMap(checks => [
			...wrap(`${repositoryOf(checks[0]!, instance)}: ${sayTags(checks)}`, {rest: '  ', columns}),
			...checks[0]!.faults.flatMap(fault => sayFault(fault, part, columns)),
		]),
		...(left > 0 ? [`  and ${left} more; --json lists them.`] : []),
		...faultKinds.flatMap(kind => {
			const number = faults[kind] ?? 0;
			return number === 0
				? []
				: wrap(`${number} ${kind}: ${faultMeanings[kind]}`, {first: '  ', rest: '      ', columns});
		}),
	];
}

function sayTags(checks: readonly ImageCheck[]): string {
	const more = checks.length > mostTags ? ` and ${checks.length - mostTags} more` : '';
	return `${checks.slice(0, mostTags).map(tagOf).join(', ')}${more}`;
}

/** @param part the width of its column; undefined where there is no room for columns */
function sayFault(fault: Fault, part: number | undefined, columns: number): string[] {
	const {kind, status, detail} = fault;
	const response = [status, detail].filter(Boolean).join(' ');
	const name = partName(fault);
	if (part === undefined) {
		return [
			...wrap(response === '' ? kind : `${kind}: ${response}`, {first: '  ', rest: '      ', columns}),
			...(name === '' ? [] : wrap(name, {first: '    ', columns})),
		];
	}

	const first = `  ${column(kind, widestFaultKind())} ${column(name, part)} `;
	return wrap(response, {first, rest: ' '.repeat(first.length), columns});
}

/** Grouped by reason: what keeps one image from being checked usually keeps others. */
function sayUnseen({images, gaps, unknown, instance}: ProbeReport, columns: number): string[] {
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
		...grouped.slice(0, mostReasons).flatMap(([first, ...more]) => sayReason(first!, [first!, ...more], columns)),
		...(grouped.length > mostReasons ? [`  and more, for ${grouped.length - mostReasons} other reasons.`] : []),
	];
}

const noReason: ProbeGap = {code: 'unknown', message: 'The reason is not known.', hint: 'Verify it again.'};

function sayReason(
	{code, message, hint}: ProbeGap,
	all: readonly {what: string | undefined}[],
	columns: number,
): string[] {
	const names = all.flatMap(({what}) => what ?? []);
	const named = names.slice(0, mostNamed).join(', ');
	const what = names.length > mostNamed ? `${named} and ${names.length - mostNamed} more` : named;
	return [
		...wrap(`${what === '' ? '' : `${what}: `}${message} (${code})`, {first: '  - ', rest: '    ', columns}),
		...wrap(hint, {first: '    ', columns}),
	];
}

function saySummary(
	{
		instance,
		shard,
		depth,
		repositories,
		tags,
		indexes,
		sizeOnly,
		notMeant = 0,
		warned = 0,
		mayLackLinks,
		requests,
		seconds,
	}: ProbeReport,
	columns: number,
): string[] {
	const seen = [
		count(repositories, 'repository', 'repositories'),
		count(tags, 'tag'),
		count(indexes, 'index', 'indexes'),
	].join(', ');
	const where = `${instance}${shard === undefined ? '' : `, shard ${formatShard(shard)}`}`;
	const rate = seconds > 0 ? `, ${Math.round(requests / seconds)} a second` : '';
	return [
		...wrap(`${where}: ${seen} checked at depth ${depth}.`, {rest: '  ', columns}),
		`${count(requests, 'request')} in ${sayDuration(seconds * 1000)}${rate}.`,
		...(sizeOnly === 0 ? [] : wrap(saySizeOnly(sizeOnly), {rest: '  ', columns})),
		...(notMeant === 0
			? []
			: wrap(`${count(notMeant, 'image')} without platforms that are not meant to be there, as configured.`, {
					rest: '  ',
					columns,
				})),
		...(warned === 0
			? []
			: wrap(
					`${count(warned, 'intact image')} that some clients cannot pull; regmedic verify IMAGE names them, --all lists the images.`,
					{
						rest: '  ',
						columns,
					},
				)),
		...(mayLackLinks ? wrap(sayMayLackLinks, {rest: '  ', columns}) : []),
	];
}

function sayVerdict(report: ProbeReport, expectation: Expectation, columns: number): string[] {
	const {failures, unknown, tags, instance, images} = report;

	if (failures > 0) {
		const beyond = unknown === 0 ? '' : `; ${unknown} could not be checked`;
		const first = images.find(({verdict}) => verdict === 'broken');
		return [
			...wrap(`broken: ${failures} of ${count(tags, 'tag')} cannot be pulled${beyond}.`, {columns}),
			...(first ? [`Next: regmedic respond --image ${visibleLine(first.reference)}`] : []),
		];
	}

	if (isEmpty(report) && !expectation.allowEmpty) {
		return [
			...wrap(`unknown: the catalogue of ${instance} is empty. That is rarely right.`, {columns}),
			...wrap(
				'A proxy that still points to an old container returns {"repositories":[]}, and so does a registry with the wrong folder mounted. Restart the proxy and check the mount. Where this registry lists nothing to anybody, name what to look at: --repositories FILE. Accept an empty catalogue with --allow-empty.',
				{first: '  ', columns},
			),
		];
	}

	if (unknown > 0 || !sawEverything(report, expectation)) {
		return [
			...wrap(
				report.catalog
					? `unknown: ${unknown} could not be checked. No fault was found in the rest.`
					: 'unknown: the catalogue could not be read to its end. No fault was found in what was read; the rest is not known.',
				{columns},
			),
			'Next: regmedic check',
		];
	}

	return [tags === 0 ? 'There was nothing to check.' : `intact: all of ${count(tags, 'tag')} can be pulled.`];
}

function repositoryOf({reference}: ImageCheck, instance: string): string {
	return reference.slice(reference.startsWith(`${instance}/`) ? instance.length + 1 : 0, endOfName(reference));
}

/** Where the tag, or the digest, begins. */
function endOfName(reference: string): number {
	const digest = reference.indexOf('@');
	return digest === -1 ? reference.lastIndexOf(':') : digest;
}

function tagOf({reference}: ImageCheck): string {
	return reference.slice(endOfName(reference) + 1);
}
