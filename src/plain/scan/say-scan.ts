import {sayHoldWhole} from '../../domain/hold/say-hold.ts';
import {partName, shortDigest} from '../../domain/image/digest.ts';
import {type FaultKind, faultKinds, faultMeanings} from '../../domain/image/fault.ts';
import {sayPast} from '../../domain/inventory/say-past.ts';
import {partsGone, sayRedisKeys} from '../../domain/remedy/redis-keys.ts';
import type {Finding, LatentFault, Scan} from '../../domain/storage/findings/finding.ts';
import {obstacleNames} from '../../domain/storage/listing/obstacles.ts';
import {sayRestore} from '../../domain/storage/restore.ts';
import {hintForDifference} from '../../domain/storage/say-difference.ts';
import {sayTime} from '../../domain/text/time.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {readableColumns, wrap} from '../../domain/text/wrap.ts';
import {sayFindings} from './findings-table.ts';
import {sayNotes} from './say-notes.ts';
import {isUnnamed, sayUnnamed} from './say-unlinked.ts';

const mostListed = 10;

type SayScanOptions = {
	/** `host[:port]`, where it is known: the store does not hold the name of its registry. */
	registry?: string;
	/** Of the terminal. */
	columns?: number;
};

/** What `regmedic scan` prints: the findings by image, then by kind, what may break later, then the next command. */
export function sayScan(scan: Scan, {registry = 'HOST[:PORT]', columns}: SayScanOptions = {}): string[] {
	const {root, complete, counts, findings, risks = []} = scan;
	const width = readableColumns(columns);
	const seen = [
		count(counts.repositories, 'repository', 'repositories'),
		count(counts.tags, 'tag'),
		count(counts.indexes, 'index', 'indexes'),
		count(counts.links, 'link'),
		count(counts.blobs, 'blob'),
	].join(', ');
	const clean = complete
		? scan.harmless?.configsUnread === undefined
			? 'No fault found.'
			: 'No fault found in what was read: the data, links and manifests, and not all configs.'
		: isElsewhere(scan)
			? 'No fault found on this disk. What the registry serves is not known to be whole.'
			: 'No fault found in the part that could be read; the rest is not known.';
	return [
		...(complete ? [] : sayGaps(scan, width)),
		...wrap(`Scanned ${root}: ${seen}.`, {rest: '  ', columns: width}),
		...(findings.length === 0
			? wrap(clean, {columns: width})
			: [
					...sayFindings(
						findings.filter(finding => !isUnnamed(finding)),
						width,
					),
					...saySummary(findings, width),
					...sayUnnamed(findings, registry, width),
					...saySetBack(findings, width),
					...sayHistory(findings, width),
					...sayAside(findings, width),
				]),
		...(scan.restore === undefined ? [] : wrap(sayRestore(scan.restore), {columns: width})),
		...sayRedis(scan, width),
		...sayRisks(risks, width),
		...sayNotes(scan, width),
		...sayInventory(scan, width),
		...sayHoldOf(scan, width),
		...(isElsewhere(scan) ? wrap(hintForDifference, {columns: width}) : sayNext(findings, risks, registry)),
		...(complete
			? []
			: wrap('The scan is INCOMPLETE: fix what is listed at the top, then scan again.', {columns: width})),
	];
}

function sayHoldOf({hold}: Scan, columns: number): string[] {
	return hold === undefined
		? []
		: sayHoldWhole(hold, Date.parse(hold.looked)).flatMap(line => wrap(line, {rest: '  ', columns}));
}

/** One finding as a line of a list. */
export function sayFinding(finding: Finding): string[] {
	const {kind, repository, tags, since, remedy, missing, aside = []} = finding;
	const part = partName(finding);
	const parts = [
		`${kind} in ${repository || 'no repository'}${part === '' ? '' : `, ${part}`}`,
		tags.length === 0 ? 'no tag needs it' : kind === 'tag-set-back' ? `tag ${some(tags)}` : `breaks ${some(tags)}`,
		...(missing.length === 0 ? [] : [`${count(missing.length, 'part')} gone`]),
		...(since === undefined ? [] : [`by ${sayTime(since)}`]),
		`remedy: ${remedy}`,
		...(aside.length === 0 ? [] : [`first move aside: ${aside.map(({path}) => path).join(', ')}`]),
	];
	return wrap(parts.join('; '), {first: '  - ', rest: '    '});
}

function some(tags: readonly string[]): string {
	const more = tags.length > mostListed ? ` and ${tags.length - mostListed} more` : '';
	return `${tags.slice(0, mostListed).join(', ')}${more}`;
}

function sayGaps(scan: Scan, columns: number): string[] {
	const head = scan.provisional
		? 'INCOMPLETE: a cleaner works on the store, or did. What was read is provisional.'
		: isElsewhere(scan)
			? `INCOMPLETE: the registry that responds ${scan.compared?.kind === 'another' ? 'is not' : 'may not be'} the one on this disk.`
			: 'INCOMPLETE: part of the store could not be read. Other faults may exist.';
	return [...wrap(head, {columns}), ...sayList(scan.gaps, columns)];
}

/** An incident would ask the registry that responds: the disk says nothing about its images. */
function isElsewhere({compared}: Scan): boolean {
	return compared?.kind === 'another' || compared?.kind === 'partly';
}

function sayList(items: readonly string[], columns: number): string[] {
	return [
		...items.slice(0, mostListed).flatMap(item => wrap(item, {first: '  - ', rest: '    ', columns})),
		...(items.length > mostListed ? [`  … and ${items.length - mostListed} more`] : []),
	];
}

function saySummary(findings: readonly Finding[], columns: number): string[] {
	const kinds = Map.groupBy(findings, ({kind}) => kind);
	const present = faultKinds
		.map((kind): [FaultKind, Finding[]] => [kind, kinds.get(kind) ?? []])
		.filter(([, found]) => found.length > 0);
	return [
		sayCount(findings),
		...present.flatMap(([kind, found]) =>
			wrap(`${[`${found.length} ${kind}`, ...breaks(found)].join(', ')}: ${faultMeanings[kind]}`, {
				first: '  ',
				rest: '      ',
				columns,
			}),
		),
	];
}

function sayCount(findings: readonly Finding[]): string {
	const number = count(findings.length, 'finding');
	const broken = brokenTags(findings);
	return broken === 0
		? `${number}:`
		: `${number} ${findings.length === 1 ? 'breaks' : 'break'} ${count(broken, 'tag')}:`;
}

/** A tag that several findings break counts once. One that was set back can be pulled. */
function brokenTags(findings: readonly Finding[]): number {
	return new Set(
		findings
			.filter(({kind}) => kind !== 'tag-set-back')
			.flatMap(({repository, tags}) => tags.map(tag => `${repository}:${tag}`)),
	).size;
}

function saySetBack(findings: readonly Finding[], columns: number): string[] {
	const lines = findings.flatMap(({kind, repository, tags, detail}) =>
		kind === 'tag-set-back' ? tags.map(tag => `${repository}:${tag}: ${detail}`) : [],
	);
	return lines.length === 0 ? [] : [`${count(lines.length, 'tag')} moved back:`, ...sayList(lines, columns)];
}

/** What a tag that names nothing can be set back to. */
function sayHistory(findings: readonly Finding[], columns: number): string[] {
	const lines = findings.flatMap(({kind, repository, history = []}) =>
		(kind === 'tag-set-back' ? [] : history).map(({tag, digest, named}) => {
			const when = named === undefined ? '' : ` (last named on ${sayTime(named)})`;
			return `${repository}:${tag} to ${shortDigest(digest)}${when}`;
		}),
	);
	return lines.length === 0
		? []
		: ['A tag can be set back to an image that is still whole on the disk:', ...sayList(lines, columns)];
}

/** The remedy fails as long as they are there. */
function sayAside(findings: readonly Finding[], columns: number): string[] {
	const lines = new Set(
		findings
			.flatMap(({aside = []}) => aside)
			.map(({path, is}) => `${is === 'damaged-data' ? 'damaged data' : obstacleNames[is]}: ${path}`),
	);
	const paths = [...lines];
	return paths.length === 0
		? []
		: [
				...wrap(
					'No push and no relink replaces these. Move them aside first, on the host below docker/registry/v2, and restart the registry:',
					{columns},
				),
				...paths.slice(0, mostListed).map(path => `  - ${visibleLine(path)}`),
				...(paths.length > mostListed ? [`  … and ${paths.length - mostListed} more: --json lists them all.`] : []),
			];
}

function breaks(findings: readonly Finding[]): string[] {
	const broken = brokenTags(findings);
	return broken === 0 ? [] : [`breaks ${count(broken, 'tag')}`];
}

/** How to make the registry forget what differs, where a restart does not. */
function sayRedis({cache, findings}: Scan, columns: number): string[] {
	const differing = findings.filter(({kind}) => kind === 'answers-differ');
	return cache !== 'redis' || differing.length === 0
		? []
		: wrap(
				`The registry’s descriptor cache is in Redis, which outlives a restart. Delete there ${sayRedisKeys(partsGone(differing))}. Then scan again.`,
				{columns},
			);
}

function sayRisks(risks: readonly LatentFault[], columns: number): string[] {
	const lines = risks.map(risk => {
		const {repository, tags, detail} = risk;
		const what = `${repository ?? 'no repository'}, ${partName(risk)}`;
		return `${what}${tags.length === 0 ? '' : ` (${some(tags)})`}: ${detail}`;
	});
	return risks.length === 0
		? []
		: [`${count(risks.length, 'warning')}: no image is broken yet.`, ...sayList(lines, columns)];
}

function sayInventory({inventory}: Scan, columns: number): string[] {
	if (inventory === undefined) {
		return [];
	}

	const {head, items} = sayPast(inventory);
	return [...wrap(head, {columns}), ...sayList(items, columns)];
}

function sayNext(findings: readonly Finding[], risks: readonly LatentFault[], registry: string): string[] {
	const withTags = findings.filter(({tags}) => tags.length > 0);
	const first = withTags.find(({kind}) => kind !== 'tag-set-back') ?? withTags[0];
	const isCollected = findings.some(({kind}) => kind === 'child-swept') || risks.length > 0;
	return [
		...(first
			? [`Next: regmedic respond --image ${visibleLine(`${registry}/${first.repository}:${first.tags[0]}`)}`]
			: []),
		...(isCollected ? [`${first ? 'Then' : 'Next'}: regmedic audit  (finds what will cause it again)`] : []),
	];
}
