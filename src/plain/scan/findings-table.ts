import {partName, shortHex} from '../../domain/image/digest.ts';
import {widestFaultKind} from '../../domain/image/fault.ts';
import type {Finding} from '../../domain/storage/findings/finding.ts';
import {sayTime} from '../../domain/text/time.ts';
import {count} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';
import {column, cutMiddle} from '../layout/fit.ts';

/** More is hard to read: `--json` has all of it. */
const mostImages = 20;
const mostOfImage = 10;
const mostTags = 5;

/** `2026-04-19 02:00`: the zone stands in the heading. */
const sinceColumns = 16;
const remedyColumns = 10;
const leastPart = 24;

/** The findings by image, each with its remedy. */
export function sayFindings(findings: readonly Finding[], columns: number): string[] {
	const images = [...Map.groupBy(findings, imageOf)];
	const shown = images.slice(0, mostImages);
	const rest = images.slice(mostImages).flatMap(([, found]) => found);
	const isWide = columns >= otherColumns() + leastPart;
	return [
		...(isWide && findings.length > 0
			? [row({kind: 'FAULT', part: 'PART', since: 'BY (UTC)', remedy: 'REMEDY'}, columns)]
			: []),
		...shown.flatMap(([, found]) => [
			cutMiddle(headingOf(found[0]!), columns),
			...found
				.slice(0, mostOfImage)
				.flatMap(finding => (isWide ? [wideRow(finding, columns)] : narrowRow(finding, columns))),
			...(found.length > mostOfImage
				? [`  … and ${count(found.length - mostOfImage, 'more finding')} of this image`]
				: []),
		]),
		...(rest.length === 0
			? []
			: wrap(
					`… and ${count(rest.length, 'more finding')} of ${count(images.length - mostImages, 'other image')}: --json lists them all.`,
					{columns},
				)),
	];
}

function imageOf({repository, tags}: Finding): string {
	return `${repository}\n${tags.join()}`;
}

function headingOf({repository, tags}: Finding): string {
	const more = tags.length > mostTags ? ` and ${tags.length - mostTags} more` : '';
	return tags.length === 0 ? repository : `${repository}: ${tags.slice(0, mostTags).join(', ')}${more}`;
}

function wideRow(finding: Finding, columns: number): string {
	const {kind, since, remedy} = finding;
	const time = since === undefined ? 'unknown' : sayTime(since).replace(/ UTC$/, '');
	return row({kind, part: partOf(finding, partWidth(columns)), since: time, remedy}, columns);
}

type Cells = {kind: string; part: string; since: string; remedy: string};

function row({kind, part, since, remedy}: Cells, columns: number): string {
	return `  ${column(kind, widestFaultKind())} ${column(part, partWidth(columns))} ${column(since, sinceColumns)} ${remedy}`;
}

function partWidth(columns: number): number {
	return Math.min(44, columns - otherColumns());
}

/** What a row takes beside the part. Where less than `leastPart` is left for that, the cells stand under each other. */
function otherColumns(): number {
	return 2 + widestFaultKind() + 1 + 1 + sinceColumns + 1 + remedyColumns;
}

function narrowRow(finding: Finding, columns: number): string[] {
	const {kind, since, remedy} = finding;
	const when = since === undefined ? '' : `by ${sayTime(since)}`;
	const part = partOf(finding, columns - 4 - ', '.length - when.length);
	return [
		...wrap(`${kind}: ${remedy}`, {first: '  ', rest: '    ', columns}),
		...(part === '' && when === '' ? [] : wrap([part, when].filter(Boolean).join(', '), {first: '    ', columns})),
	];
}

/** Where there is no room, the digest is shown without its algorithm. */
function partOf(finding: Finding, width: number): string {
	const {kind, digest, platform} = finding;
	if (digest === undefined) {
		return kind === 'layer-unlinked' ? 'all layers' : kind === 'link-malformed' ? 'the link of the tag' : '';
	}

	const whole = partName(finding);
	return whole.length <= width ? whole : [platform, shortHex(digest)].filter(Boolean).join(' ');
}
