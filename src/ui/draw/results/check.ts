import {type Fault, faultMeanings} from '../../../domain/image/fault.ts';
import {sayVerdict} from '../../../domain/image/say-verdict.ts';
import type {ChildCheck, ImageCheck, Verdict} from '../../../domain/image/verdict.ts';
import {count} from '../../../domain/text/wording.ts';
import type {Pen, Piece, Row} from '../pen.ts';
import type {Tone} from '../theme.ts';
import {digestSpan, shortDigest} from '../words.ts';
import type {Drawn} from './result.ts';

const verdictTones: Record<Verdict, Tone> = {intact: 'good', broken: 'bad', unknown: 'warn'};

/** One image: a line for each child, then what it means. @param before the first check of it, where this is a later one */
export function drawCheck(
	check: ImageCheck,
	before: ImageCheck | undefined,
	{cursor, pen, width}: {cursor: number; pen: Pen; width: number},
): Drawn {
	const head: Row[] = [
		pen.spread(
			pen.row([nameOf(check.reference), 'strong'], ...named(check, pen)),
			verdictMark(check.verdict, pen),
			width,
		),
		...(before
			? [
					pen.cut(
						pen.row([
							`before: ${before.verdict}, ${count(before.faults.length, 'fault')}   now: ${check.verdict}, ${count(check.faults.length, 'fault')}`,
							'dim',
						]),
						width,
					),
				]
			: []),
		[],
	];
	const children = check.children.map((child, at) =>
		drawChild(child, {isPicked: at === cursor, was: wasOf(child, before), pen, width}),
	);
	const focus = children.length > 0 ? ([head.length + cursor, head.length + cursor] as const) : undefined;
	return {
		rows: [...head, ...children, ...(children.length > 0 ? [[]] : []), ...drawMeaning(check, pen, width)],
		...(focus === undefined ? {} : {focus}),
	};
}

type ChildStyle = {isPicked: boolean; was: string | undefined; pen: Pen; width: number};

function drawChild(child: ChildCheck, {isPicked, was, pen, width}: ChildStyle): Row {
	const {cursor} = pen.glyphs;
	const platform = Math.min(18, Math.max(11, Math.floor(width / 5)));
	const state: Piece =
		child.verdict === 'intact'
			? [`${pen.glyphs.done} ok`, 'good']
			: child.verdict === 'broken'
				? [`${pen.glyphs.failed} ${child.status ?? ''}`, 'bad']
				: [`? ${child.status ?? ''}`, 'warn'];
	const [text, tone] = state;
	return pen.cut(
		pen.row(
			[isPicked ? `${cursor} ` : '  ', 'accent'],
			pen.column(child.platform ?? 'image', platform),
			' ',
			digestSpan(child.digest, pen, width),
			' ',
			pen.column(text, 5, tone),
			' ',
			child.verdict === 'intact' && child.detail === '' ? count(child.blobs, 'blob') : child.detail,
			[was === undefined ? '' : `  was ${was}`, 'dim'],
		),
		width,
	);
}

function drawMeaning(check: ImageCheck, pen: Pen, width: number): Row[] {
	const {manifests, blobs} = check.checked;
	const sum = pen.row([`${count(manifests, 'manifest')} and ${count(blobs, 'blob')} checked.`, 'dim']);
	const kinds = Map.groupBy(check.faults, ({kind}) => kind);
	return [
		...pen.wrap(sayVerdict(check), width, 'strong'),
		...[...kinds].flatMap(([kind, faults]) => [
			...pen.wrap(
				`${kind}: ${faultMeanings[kind]}${faults.length > 1 ? ` (${faults.length})` : ''}`,
				width,
				'plain',
				pen.row([`${pen.glyphs.failed} `, 'bad']),
			),
			...faults.filter(fault => !isChild(fault, check)).map(fault => drawFault(fault, pen, width)),
		]),
		...check.unchecked.flatMap(({message, hint}) => [
			...pen.wrap(message, width, 'warn', pen.row(['? ', 'warn'])),
			...pen.wrap(hint, width, 'plain', pen.row('  ')),
		]),
		pen.cut(sum, width),
	];
}

/** Its child has no line of its own above: a blob, a nested manifest. */
function drawFault({digest, platform, detail}: Fault, pen: Pen, width: number): Row {
	return pen.cut(
		pen.row(
			'    ',
			digest === undefined ? '' : digestSpan(digest, pen),
			[platform === undefined ? ' ' : ` ${platform} `, 'plain'],
			[detail, 'dim'],
		),
		width,
	);
}

function isChild({digest}: Fault, {children}: ImageCheck): boolean {
	return children.some(child => child.digest === digest);
}

function verdictMark(verdict: Verdict, pen: Pen): Row {
	const {done, failed} = pen.glyphs;
	const glyph = verdict === 'intact' ? done : verdict === 'broken' ? failed : '?';
	return pen.row([`${glyph} ${verdict}`, verdictTones[verdict]]);
}

function named({digest, mediaType}: ImageCheck, pen: Pen): Piece[] {
	return digest === undefined
		? []
		: [
				` ${pen.glyphs.arrow} ${/index|list/.test(mediaType ?? '') ? 'index ' : ''}`,
				[shortDigest(digest, pen), 'plain'],
			];
}

/** Without the registry, which stands in the title. */
function nameOf(reference: string): string {
	return reference.slice(reference.indexOf('/') + 1);
}

/** A rebuild gives children new digests: they are told apart by platform. */
function wasOf({platform, verdict}: ChildCheck, before: ImageCheck | undefined): string | undefined {
	const same = before?.children.find(child => child.platform === platform);
	return same && same.verdict !== verdict
		? `${same.verdict === 'intact' ? 'ok' : (same.status ?? same.verdict)}`
		: undefined;
}
