import {type FaultKind, faultKinds, faultMeanings} from '../domain/fault.ts';
import type {Finding, Scan} from '../domain/finding.ts';
import {visibleLine} from '../domain/visible.ts';
import {count} from '../domain/wording.ts';
import {column, cutMiddle, sayTime, wrap} from './fit.ts';
import {partOf} from './say-check.ts';

const widths = {kind: 20, part: 38, since: 22};

/**
 * What `regmedic scan` tells people: the findings by image, then by kind, then the next command.
 * @param registry `host[:port]`, where it is known: the store itself does not say what it is called
 */
export function sayScan(scan: Scan, {registry = 'HOST[:PORT]'}: {registry?: string} = {}): string[] {
	const {root, complete, counts, findings} = scan;
	const seen = [
		count(counts.repositories, 'repository', 'repositories'),
		count(counts.tags, 'tag'),
		count(counts.indexes, 'index', 'indexes'),
		count(counts.links, 'link'),
		count(counts.blobs, 'blob'),
	].join(', ');
	return [
		...(complete ? [] : sayGaps(scan)),
		`Scanned ${visibleLine(root)}: ${seen}.`,
		...(findings.length === 0
			? [complete ? 'No fault found.' : 'No fault found in the part that could be read. That proves nothing.']
			: [...sayTable(findings), ...saySummary(findings), ...sayNext(findings, registry)]),
		...(complete ? [] : ['The scan is INCOMPLETE: mend what stands at the top, then scan again.']),
	];
}

/** One finding as a line of a list. */
export function sayFinding({kind, repository, digest, platform, tags, since, remedy, missing}: Finding): string[] {
	const part = partOf(digest, platform);
	const parts = [
		`${kind} in ${repository}${part === '' ? '' : `, ${part}`}`,
		tags.length === 0 ? 'no tag needs it' : `breaks ${tags.join(', ')}`,
		...(missing.length === 0 ? [] : [`${count(missing.length, 'part')} gone`]),
		...(since === undefined ? [] : [`since ${sayTime(since)}`]),
		`remedy: ${remedy}`,
	];
	return wrap(parts.join('; '), {first: '  - ', rest: '    '});
}

function sayGaps({gaps}: Scan): string[] {
	return [
		'INCOMPLETE: not all of the store could be read. What follows is not the whole picture.',
		...gaps.flatMap(gap => wrap(gap, {first: '  - ', rest: '    '})),
	];
}

function sayTable(findings: readonly Finding[]): string[] {
	const images = Map.groupBy(findings, ({repository, tags}) => `${repository}: ${tags.join(', ') || '(no tag)'}`);
	const header = ['FAULT', 'PART', 'SINCE', 'REMEDY'];
	return [
		row(header[0]!, header[1]!, header[2]!, header[3]!),
		...[...images].flatMap(([image, found]) => [
			cutMiddle(image, 100),
			...found.map(({kind, digest, platform, since, remedy}) =>
				row(kind, partOf(digest, platform), since === undefined ? 'unknown' : sayTime(since), remedy),
			),
		]),
	];
}

function row(kind: string, part: string, since: string, remedy: string): string {
	return `  ${column(kind, widths.kind)} ${column(part, widths.part)} ${column(since, widths.since)} ${remedy}`;
}

function saySummary(findings: readonly Finding[]): string[] {
	const kinds = Map.groupBy(findings, ({kind}) => kind);
	const worst = faultKinds
		.map((kind): [FaultKind, number] => [kind, kinds.get(kind)?.length ?? 0])
		.filter(([, number]) => number > 0);
	return [
		`${count(findings.length, 'finding')}:`,
		...worst.flatMap(([kind, number]) =>
			wrap(`${number} ${kind}: ${faultMeanings[kind]}`, {first: '  ', rest: '      '}),
		),
	];
}

/** Unlike an image, a damaged part that no tag needs can wait. */
function sayNext(findings: readonly Finding[], registry: string): string[] {
	const first = findings.find(({tags}) => tags.length > 0);
	return first
		? [`Next: regmedic respond --image ${visibleLine(`${registry}/${first.repository}:${first.tags[0]}`)}`]
		: ['No tag is broken by it: nobody who pulls by tag is affected.'];
}
