import {faultMeanings} from '../../domain/fault.ts';
import type {Finding} from '../../domain/finding.ts';
import {isObject, type Json, type JsonObject} from '../../domain/json.ts';
import {count} from '../../domain/wording.ts';
import type {Pen, Row} from '../pen.ts';
import {digestSpan} from '../words.ts';
import type {Drawn} from './result.ts';

export function isScan(output: JsonObject): boolean {
	return Array.isArray(output.findings);
}

export function scanPicks(output: JsonObject): string[] {
	return everyFinding(output).map(({digest, repository, tags}) => digest ?? `${repository}:${tags[0] ?? ''}`);
}

/** Findings as a list; the one that is picked shows all that is known of it. */
export function drawScan(output: JsonObject, cursor: number, pen: Pen, width: number): Drawn {
	const mine = findingsOf(output.findings);
	const others = findingsOf(output.others);
	const rows: Row[] = [...drawHead(output, mine.length, others.length, pen, width), []];
	let focus: readonly [number, number] | undefined;

	for (const [at, finding] of [...mine, ...others].entries()) {
		if (at === mine.length) {
			rows.push([], pen.row(['Other images', 'strong']));
		}

		const drawn = drawFinding(finding, at === cursor, at >= mine.length, pen, width);
		focus = at === cursor ? [rows.length, rows.length + drawn.length - 1] : focus;
		rows.push(...drawn);
	}

	return {rows, ...(focus === undefined ? {} : {focus})};
}

function drawHead(output: JsonObject, mine: number, others: number, pen: Pen, width: number): Row[] {
	const {done, failed, dot} = pen.glyphs;
	const counts = isObject(output.counts)
		? Object.entries(output.counts).map(([what, count]) => `${String(count)} ${what}`)
		: [];
	const gaps = Array.isArray(output.gaps) ? output.gaps.filter(gap => typeof gap === 'string') : [];
	const incomplete = output.complete === false;
	return [
		pen.spread(
			pen.row([`${count(mine, 'finding')} of this image, ${others} of others`, 'strong']),
			incomplete ? pen.row([`${failed} incomplete`, 'bad']) : pen.row([`${done} complete`, 'good']),
			width,
		),
		...(counts.length === 0 ? [] : [pen.cut(pen.row([counts.join(` ${dot} `), 'dim']), width)]),
		...(incomplete
			? pen.wrap('Part of the store could not be read: what is not listed here may still be broken.', width, 'warn')
			: []),
		...gaps.flatMap(gap => pen.wrap(gap, width, 'warn', pen.row('  '))),
	];
}

function drawFinding(finding: Finding, picked: boolean, foreign: boolean, pen: Pen, width: number): Row[] {
	const {kind, repository, digest, platform, remedy, tags, missing, since, detail} = finding;
	const name = foreign ? `${repository} ` : '';
	const line = pen.cut(
		pen.row(
			[picked ? `${pen.glyphs.cursor} ` : '  ', 'accent'],
			[`${pen.glyphs.failed} `, 'bad'],
			[`${kind} `, picked ? 'strong' : 'plain'],
			name,
			platform === undefined ? '' : `${platform} `,
			digest === undefined ? '' : digestSpan(digest, pen, width),
			[` ${pen.glyphs.arrow} ${remedy}`, 'accent'],
		),
		width,
	);
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
		...(since === undefined ? [] : say(`since ${since}`)),
		...(detail === undefined || detail === '' ? [] : say(detail)),
	];
}

function everyFinding({findings, others}: JsonObject): Finding[] {
	return [...findingsOf(findings), ...findingsOf(others)];
}

function findingsOf(value: Json | undefined): Finding[] {
	return Array.isArray(value) ? (value.filter(isObject) as unknown as Finding[]) : [];
}
