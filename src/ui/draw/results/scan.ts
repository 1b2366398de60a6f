import {faultMeanings} from '../../../domain/image/fault.ts';
import type {ScanOutput} from '../../../domain/incident/outputs.ts';
import type {Finding} from '../../../domain/storage/findings/finding.ts';
import {count} from '../../../domain/text/wording.ts';
import type {Desk} from '../../screens/screen.ts';
import {type Pen, type Row, rowWidth} from '../pen.ts';
import {digestSpan, saySince} from '../words.ts';
import type {Drawn} from './result.ts';

export function scanPicks({findings, others}: ScanOutput): string[] {
	return [...findings, ...others].map(({digest, repository, tags}) => digest ?? `${repository}:${tags[0] ?? ''}`);
}

/** Findings as a list below what the scan says of itself; the one that is picked shows all that is known of it. */
export function drawScan(
	scan: ScanOutput,
	say: string | undefined,
	{cursor, pen, width, now}: Pick<Desk, 'pen' | 'width' | 'now'> & {cursor: number},
): Drawn {
	const {findings: mine, others} = scan;
	const said = say || `${count(mine.length, 'finding')} of this image, ${others.length} of others.`;
	const rows: Row[] = [...drawHead(scan, said, pen, width), []];
	let focus: readonly [number, number] | undefined;

	for (const [at, finding] of [...mine, ...others].entries()) {
		if (at === mine.length) {
			rows.push([], pen.row(['Other images', 'strong']));
		}

		const drawn = drawFinding(finding, {picked: at === cursor, foreign: at >= mine.length, pen, width, now});
		focus = at === cursor ? [rows.length, rows.length + drawn.length - 1] : focus;
		rows.push(...drawn);
	}

	return {rows, ...(focus === undefined ? {} : {focus})};
}

const singular: Record<string, string> = {repositories: 'repository', indexes: 'index'};

function drawHead({counts: seen, gaps, complete}: ScanOutput, said: string, pen: Pen, width: number): Row[] {
	const {done, failed, dot} = pen.glyphs;
	const counts = Object.entries(seen).map(([what, number]) =>
		count(number, singular[what] ?? what.replace(/s$/, ''), what),
	);
	const mark = complete ? pen.row([`${done} complete`, 'good']) : pen.row([`${failed} incomplete`, 'bad']);
	const [first = [], ...rest] = pen.wrap(said, width - rowWidth(mark) - 2, 'strong');
	return [
		pen.spread(first, mark, width),
		...rest,
		...pen.flow(counts, ` ${dot} `, width, 'dim'),
		...(complete
			? []
			: pen.wrap('Part of the store could not be read: what is not listed here may still be broken.', width, 'warn')),
		...gaps.flatMap(gap => pen.wrap(gap, width, 'warn', pen.row('  '))),
	];
}

type Place = {picked: boolean; foreign: boolean; pen: Pen; width: number; now: number};

function drawFinding(finding: Finding, {picked, foreign, pen, width, now}: Place): Row[] {
	const {kind, repository, digest, platform, remedy, tags, missing, since, detail} = finding;
	const name = foreign ? `${repository} ` : '';
	const what = pen.row(
		[picked ? `${pen.glyphs.cursor} ` : '  ', 'accent'],
		[`${pen.glyphs.failed} `, 'bad'],
		[`${kind} `, picked ? 'strong' : 'plain'],
		name,
		platform === undefined ? '' : `${platform} `,
		digest === undefined ? '' : digestSpan(digest, pen, width),
	);
	const helps = pen.row([`${pen.glyphs.arrow} ${remedy}`, 'accent']);
	// Where there is no room, the end of the digest gives way, never the remedy.
	const fits = rowWidth(what) + 1 + rowWidth(helps) <= width;
	const line = fits ? [...what, ...pen.row(' '), ...helps] : pen.spread(what, helps, width);
	if (!picked) {
		return [line];
	}

	const say = (text: string) => pen.wrap(text, width, 'dim', pen.row('      '));
	return [
		line,
		...say(faultMeanings[kind]),
		...(tags.length > 0 ? say(`breaks ${repository}:${tags.join(', ')}`) : []),
		...(missing.length > 0
			? say(`${count(missing.length, 'part')} gone: ${missing.map(part => part.slice(0, 15)).join(' ')}`)
			: []),
		...(since === undefined ? [] : say(`since ${saySince(since, now)}`)),
		...(detail === '' ? [] : say(detail)),
	];
}
