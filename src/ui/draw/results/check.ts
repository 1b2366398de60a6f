import {defined} from '../../../domain/defined.ts';
import {type Fault, faultMeanings} from '../../../domain/image/fault.ts';
import {isIndexType} from '../../../domain/image/media-type.ts';
import type {ChildCheck, ImageCheck, Verdict} from '../../../domain/image/verdict.ts';
import {sayVerdict} from '../../../domain/image/verdict.ts';
import {count} from '../../../domain/text/wording.ts';
import {type Formatter, type Piece, type Row, rowWidth} from '../formatter.ts';
import type {FocusedRows} from '../pane.ts';
import {type Glyphs, type Tone, verdictTones} from '../theme.ts';

type CheckStyle = {said: string | undefined; cursor: number; format: Formatter; width: number};

/**
 * One image: a line for each child, then what that means.
 * @param before the first check of the image, where this is a later one
 */
export function drawCheck(
	check: ImageCheck,
	before: ImageCheck | undefined,
	{said, cursor, format, width}: CheckStyle,
): FocusedRows {
	const head: Row[] = [
		drawImage(check, format, width),
		...(before ? [format.cut(format.row([sayChange(before, check), 'dim']), width)] : []),
		[],
	];
	const children = check.children.map((child, at) =>
		drawChild(child, {isPicked: at === cursor, was: wasOf(child, before), format, width}),
	);
	const at = head.length + cursor;
	return {
		rows: [
			...head,
			...children,
			...(children.length > 0 ? [[]] : []),
			...drawMeaning(check, (check.verdict === 'intact' && said) || sayVerdict(check), {format, width}),
		],
		...defined({focus: children.length > 0 ? ([at, at] as const) : undefined}),
	};
}

/** The image without its registry, which stands in the header. */
function drawImage({reference, digest, mediaType, verdict}: ImageCheck, format: Formatter, width: number): Row {
	const {arrow} = format.glyphs;
	const mark = verdictMark(verdict, format);
	const name = format.row([reference.slice(reference.indexOf('/') + 1), 'strong']);
	if (digest === undefined) {
		return format.spread(name, mark, width);
	}

	const left = [...name, ...format.row(` ${arrow} ${isIndexType(mediaType) ? 'index ' : ''}`)];
	const room = width - rowWidth(left) - rowWidth(mark) - 1;
	return format.spread([...left, format.digest(digest, room)], mark, width);
}

function verdictMark(verdict: Verdict, format: Formatter): Row {
	const {done, failed} = format.glyphs;
	const glyph = verdict === 'intact' ? done : verdict === 'broken' ? failed : '?';
	return format.row([`${glyph} ${verdict}`, verdictTones[verdict]]);
}

function sayChange(before: ImageCheck, now: ImageCheck): string {
	const [then, current] = [before, now].map(({verdict, faults}) => `${verdict}, ${count(faults.length, 'fault')}`);
	return `before: ${then}   now: ${current}`;
}

/** `manifest unknown` */
const detailColumns = 16;
const stateColumns = 5;

type ChildStyle = {isPicked: boolean; was: string | undefined; format: Formatter; width: number};

function drawChild(child: ChildCheck, {isPicked, was, format, width}: ChildStyle): Row {
	const {glyphs} = format;
	const platform = Math.min(18, Math.max(11, Math.floor(width / 5)));
	const room = width - 2 - platform - 1 - 1 - stateColumns - 1 - detailColumns;
	const [state, tone] = stateOf(child, glyphs);
	const pieces: Piece[] = [
		[isPicked ? `${glyphs.cursor} ` : '  ', 'accent'],
		format.column(child.platform ?? 'image', platform),
		' ',
		format.digest(child.digest, room),
		' ',
		format.column(state, stateColumns, tone),
		' ',
		child.verdict === 'intact' && child.detail === '' ? count(child.blobs, 'blob') : child.detail,
		[was === undefined ? '' : `  was ${was}`, 'dim'],
	];
	return format.cut(format.row(...pieces), width);
}

function stateOf({verdict, status, absent}: ChildCheck, {done, failed, bullet}: Glyphs): [text: string, tone: Tone] {
	switch (verdict) {
		case 'intact':
			return absent ? [bullet, 'dim'] : [`${done} ok`, 'good'];
		case 'broken':
			return [`${failed} ${status ?? ''}`, 'bad'];
		case 'unknown':
			return [`? ${status ?? ''}`, 'warn'];
	}
}

/** A rebuild gives children new digests: they are matched by platform. */
function wasOf({platform, verdict}: ChildCheck, before: ImageCheck | undefined): string | undefined {
	const same = before?.children.find(child => child.platform === platform);
	return same && same.verdict !== verdict
		? `${same.verdict === 'intact' ? 'ok' : (same.status ?? same.verdict)}`
		: undefined;
}

function drawMeaning(check: ImageCheck, said: string, {format, width}: Pick<CheckStyle, 'format' | 'width'>): Row[] {
	const {manifests, blobs} = check.checked;
	const kinds = Map.groupBy(check.faults, ({kind}) => kind);
	const hasLine = ({digest}: Fault) => check.children.some(child => child.digest === digest);
	return [
		...format.wrap(said, width, 'strong'),
		...[...kinds].flatMap(([kind, faults]) => [
			...format.wrap(
				`${kind}: ${faultMeanings[kind]}${faults.length > 1 ? ` (${faults.length})` : ''}`,
				width,
				'plain',
				format.row([`${format.glyphs.failed} `, 'bad']),
			),
			...faults.filter(fault => !hasLine(fault)).map(fault => drawFault(fault, format, width)),
		]),
		...check.unchecked.flatMap(({message, hint}) => [
			...format.wrap(message, width, 'warn', format.row(['? ', 'warn'])),
			...format.wrap(hint, width, 'plain', format.row('  ')),
		]),
		format.cut(format.row([`${count(manifests, 'manifest')} and ${count(blobs, 'blob')} checked.`, 'dim']), width),
	];
}

/** A fault of a part that has no line above: a blob, a nested manifest. */
function drawFault({digest, platform, detail}: Fault, format: Formatter, width: number): Row {
	const name = platform === undefined ? ' ' : ` ${platform} `;
	const room = width - 4 - name.length - detail.length;
	return format.cut(
		format.row('    ', digest === undefined ? '' : format.digest(digest, room), name, [detail, 'dim']),
		width,
	);
}
