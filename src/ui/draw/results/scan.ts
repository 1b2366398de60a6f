import {defined} from '../../../domain/defined.ts';
import {type Digest, shortHex} from '../../../domain/image/digest.ts';
import {faultMeanings} from '../../../domain/image/fault.ts';
import type {ScanOutput} from '../../../domain/incident/outputs.ts';
import {sayNamed, sayPast} from '../../../domain/inventory/say-past.ts';
import type {Finding} from '../../../domain/storage/findings/finding.ts';
import {sayRecentTime} from '../../../domain/text/time.ts';
import {count} from '../../../domain/text/wording.ts';
import type {DrawContext} from '../../screens/screen.ts';
import {type Formatter, type Row, rowWidth} from '../formatter.ts';
import type {FocusedRows} from '../pane.ts';

type ScanStyle = Pick<DrawContext, 'format' | 'width' | 'now'>;

/** Findings as a list below the summary of the scan; the one that is picked shows all that is known of it. */
export function drawScan(
	scan: ScanOutput,
	say: string | undefined,
	{cursor, ...style}: ScanStyle & {cursor: number},
): FocusedRows {
	const {findings: mine, others} = scan;
	const {format, width} = style;
	const said = say || `${count(mine.length, 'finding')} of this image, ${others.length} of others.`;
	const rows: Row[] = [...drawSummary(scan, said, format, width), []];
	let focus: readonly [number, number] | undefined;

	for (const [at, finding] of [...mine, ...others].entries()) {
		const isForeign = at >= mine.length;
		if (at === mine.length) {
			rows.push([], format.row(['Other images', 'strong']));
		}

		const {row, hidesDigest} = drawFinding(finding, {isPicked: at === cursor, isForeign, ...style});
		const details = at === cursor ? drawDetails(finding, hidesDigest, style) : [];
		focus = at === cursor ? [rows.length, rows.length + details.length] : focus;
		rows.push(row, ...details);
	}

	return {rows: [...rows, ...drawInventory(scan, style)], ...defined({focus})};
}

/** What the probes saw and this disk does not show any more. */
function drawInventory({inventory, named = []}: ScanOutput, {format, width}: ScanStyle): Row[] {
	// The summary says already why it cannot be used.
	if (inventory === undefined || 'problem' in inventory) {
		return [];
	}

	const {head, items} = sayPast(inventory);
	const bullet = format.row(`  ${format.glyphs.bullet} `);
	return [
		[],
		...format.wrap(head, width, items.length > 0 ? 'warn' : 'dim'),
		...[...items, ...named.map(sayNamed)].flatMap(item => format.wrap(item, width, 'plain', bullet)),
	];
}

function drawSummary({counts, gaps, complete}: ScanOutput, said: string, format: Formatter, width: number): Row[] {
	const {done, failed, dot} = format.glyphs;
	const seen = [
		count(counts.repositories, 'repository', 'repositories'),
		count(counts.tags, 'tag'),
		count(counts.indexes, 'index', 'indexes'),
		count(counts.links, 'link'),
		count(counts.blobs, 'blob'),
	];
	const mark = complete ? format.row([`${done} complete`, 'good']) : format.row([`${failed} incomplete`, 'bad']);
	const [first = [], ...rest] = format.wrap(said, width - rowWidth(mark) - 2, 'strong');
	return [
		format.spread(first, mark, width),
		...rest,
		...format.flow(seen, ` ${dot} `, width, 'dim'),
		...(complete
			? []
			: format.wrap('Part of the store could not be read: other images may be broken, too.', width, 'warn')),
		...gaps.flatMap(gap => format.wrap(gap, width, 'warn', format.row('  '))),
	];
}

type FindingStyle = ScanStyle & {isPicked: boolean; isForeign: boolean};

/** One finding on one line. Where there is no room the digest gives way, never the remedy. */
function drawFinding(
	{kind, repository, digest, platform, remedy}: Finding,
	{isPicked, isForeign, format, width}: FindingStyle,
): {row: Row; hidesDigest: boolean} {
	const {cursor, failed, arrow} = format.glyphs;
	const what = format.row(
		[isPicked ? `${cursor} ` : '  ', 'accent'],
		[`${failed} `, 'bad'],
		[`${kind} `, isPicked ? 'strong' : 'plain'],
		isForeign ? `${repository} ` : '',
		platform === undefined ? '' : `${platform} `,
	);
	const helps = format.row([`${arrow} ${remedy}`, 'accent']);
	const room = width - rowWidth(what) - 1 - rowWidth(helps);
	const hidesDigest = digest !== undefined && room < shortHex(digest).length;
	const name = digest === undefined || hidesDigest ? [] : [format.digest(digest, room), ...format.row(' ')];
	const line = [...what, ...name, ...helps];
	return {row: rowWidth(line) <= width ? line : format.spread(what, helps, width), hidesDigest};
}

function drawDetails(finding: Finding, showsDigest: boolean, {format, width, now}: ScanStyle): Row[] {
	const {kind, repository, digest, tags, missing, since, detail} = finding;
	const lines = [
		showsDigest ? digest : undefined,
		faultMeanings[kind],
		tags.length > 0 ? `${kind === 'tag-set-back' ? 'concerns' : 'breaks'} ${repository}:${tags.join(', ')}` : undefined,
		since === undefined ? undefined : `by ${sayRecentTime(since, now)} at the latest`,
		detail,
		missing.length > 0 ? sayMissing(missing) : undefined,
	];
	return lines.flatMap(line => (line ? format.wrap(line, width, 'dim', format.row('      ')) : []));
}

/** `gone: c380ad8e1f00, 3c4c708415aa` */
function sayMissing(missing: readonly Digest[]): string {
	return `gone: ${missing.map(shortHex).join(', ')}`;
}
