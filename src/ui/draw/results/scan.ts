import {faultMeanings} from '../../../domain/image/fault.ts';
import type {Visit} from '../../../domain/incident/incident.ts';
import {isObject, type Json, type JsonObject} from '../../../domain/json.ts';
import type {Finding} from '../../../domain/storage/findings/finding.ts';
import {count} from '../../../domain/text/wording.ts';
import type {Desk} from '../../screens/screen.ts';
import {type Pen, type Row, rowWidth} from '../pen.ts';
import {digestSpan, saySince} from '../words.ts';
import type {Drawn} from './result.ts';

export function isScan(output: JsonObject): boolean {
	return Array.isArray(output.findings);
}

export function scanPicks(output: JsonObject): string[] {
	return everyFinding(output).map(({digest, repository, tags}) => digest ?? `${repository}:${tags[0] ?? ''}`);
}

/** Findings as a list below what the scan says of itself; the one that is picked shows all that is known of it. */
export function drawScan(
	{output, say = ''}: Visit,
	cursor: number,
	{pen, width, now}: Pick<Desk, 'pen' | 'width' | 'now'>,
): Drawn {
	const mine = findingsOf(output.findings);
	const others = findingsOf(output.others);
	const said = say === '' ? `${count(mine.length, 'finding')} of this image, ${others.length} of others.` : say;
	const rows: Row[] = [...drawHead(output, said, pen, width), []];
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

function drawHead(output: JsonObject, said: string, pen: Pen, width: number): Row[] {
	const {done, failed, dot} = pen.glyphs;
	const counts = isObject(output.counts)
		? Object.entries(output.counts).map(([what, number]) =>
				count(Number(number), singular[what] ?? what.replace(/s$/, ''), what),
			)
		: [];
	const gaps = Array.isArray(output.gaps) ? output.gaps.filter(gap => typeof gap === 'string') : [];
	const incomplete = output.complete === false;
	const mark = incomplete ? pen.row([`${failed} incomplete`, 'bad']) : pen.row([`${done} complete`, 'good']);
	const [first = [], ...rest] = pen.wrap(said, width - rowWidth(mark) - 2, 'strong');
	return [
		pen.spread(first, mark, width),
		...rest,
		...pen.flow(counts, ` ${dot} `, width, 'dim'),
		...(incomplete
			? pen.wrap('Part of the store could not be read: what is not listed here may still be broken.', width, 'warn')
			: []),
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
		...say(faultMeanings[kind] ?? 'a fault this version does not know'),
		...(tags?.length > 0 ? say(`breaks ${repository}:${tags.join(', ')}`) : []),
		...(missing?.length > 0
			? say(`${count(missing.length, 'part')} gone: ${missing.map(part => part.slice(0, 15)).join(' ')}`)
			: []),
		...(since === undefined ? [] : say(`since ${saySince(since, now)}`)),
		...(detail === undefined || detail === '' ? [] : say(detail)),
	];
}

function everyFinding({findings, others}: JsonObject): Finding[] {
	return [...findingsOf(findings), ...findingsOf(others)];
}

function findingsOf(value: Json | undefined): Finding[] {
	return Array.isArray(value) ? (value.filter(isObject) as unknown as Finding[]) : [];
}
