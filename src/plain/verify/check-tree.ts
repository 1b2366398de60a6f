import {defined} from '../../domain/defined.ts';
import {type Digest, shortDigest} from '../../domain/image/digest.ts';
import type {Fault} from '../../domain/image/fault.ts';
import {isIndexType} from '../../domain/image/media-type.ts';
import type {ChildCheck, ImageCheck, Unchecked, Verdict} from '../../domain/image/verdict.ts';
import {count} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';
import {column} from '../layout/fit.ts';

/** One line of the tree and what hangs below it. */
type Branch = {
	verdict: Verdict | 'absent';
	/** A platform, or what kind of part it is. */
	name: string;
	digest?: Digest;
	state: string;
	branches: Branch[];
};

const mostChildren = 16;
/** Of one manifest; the rest is counted. */
const mostParts = 4;
const more = '--json lists them';

type Canvas = {columns: number; unicode: boolean};

/** An image as lines: the children of its index, and below each only what is wrong with it or could not be checked. */
export function sayTree(check: ImageCheck, canvas: Canvas): string[] {
	return drawBranches(branchesOf(check), canvas, '');
}

type Trouble = (Fault | Unchecked) & {verdict: Verdict};

function branchesOf({children, digest, mediaType, faults, unchecked}: ImageCheck): Branch[] {
	const troubles: Trouble[] = [
		...faults.map(fault => ({...fault, verdict: 'broken' as const})),
		...unchecked.map(part => ({...part, verdict: 'unknown' as const})),
	];
	const isItself = children.length === 1 && children[0]!.digest === digest && !isIndexType(mediaType);
	const rows = isItself ? [] : children;
	const belongs = ({digest: child}: ChildCheck, {via, digest: own}: Trouble) => via[1] === child || own === child;
	const ofNoRow = troubles.filter(trouble => !rows.some(row => belongs(row, trouble)));
	const shown = firstOf(rows);

	return [
		...below(ofNoRow, digest === undefined ? 0 : 1),
		...shown.map(row =>
			childBranch(
				row,
				troubles.filter(trouble => belongs(row, trouble)),
			),
		),
		...rest(rows.filter(row => !shown.includes(row))),
	];
}

/** In the order of the index. Of a long index, the children that are not intact are shown first. */
function firstOf(rows: ChildCheck[]): ChildCheck[] {
	const wanted = new Set(
		[...rows.filter(row => row.verdict !== 'intact'), ...rows.filter(row => row.verdict === 'intact')].slice(
			0,
			mostChildren,
		),
	);
	return rows.filter(row => wanted.has(row));
}

function rest(rows: ChildCheck[]): Branch[] {
	if (rows.length === 0) {
		return [];
	}

	const states = Map.groupBy(rows, ({verdict}) => verdict);
	const numbers = [...states].map(([verdict, some]) => `${some.length} ${verdict === 'intact' ? 'ok' : verdict}`);
	const worst = (['broken', 'unknown', 'intact'] as const).find(verdict => states.has(verdict))!;
	return [
		{
			verdict: worst,
			name: count(rows.length, 'more child', 'more children'),
			state: `${numbers.join(', ')}; ${more}`,
			branches: [],
		},
	];
}

function childBranch({digest, platform, verdict, blobs, absent, detail}: ChildCheck, troubles: Trouble[]): Branch {
	const own = troubles.find(trouble => trouble.digest === digest);
	const inner = below(
		troubles.filter(trouble => trouble.digest !== digest),
		2,
	);
	const isIndex = troubles.some(({via}) => via.length > 2);
	const state = own
		? stateOf(own)
		: verdict === 'intact'
			? absent
				? detail
				: `ok, ${detail === '' ? count(blobs, 'blob') : detail}`
			: inner.length > 0
				? verdict
				: `${verdict}: ${detail}`;
	return {
		verdict: absent ? 'absent' : verdict,
		name: platform ?? (isIndex ? 'index' : 'no platform'),
		digest,
		state,
		branches: inner,
	};
}

/** @param depth how many manifests above are already in the tree */
function below(troubles: Trouble[], depth: number): Branch[] {
	const nodes = [...Map.groupBy(troubles, trouble => trouble.via[depth] ?? trouble)];
	const shown = nodes.slice(0, mostParts).map(([key, found]): Branch => {
		const [first] = found as [Trouble, ...Trouble[]];
		return typeof key === 'object'
			? leaf(key)
			: {
					verdict: found.some(({verdict}) => verdict === 'broken') ? 'broken' : 'unknown',
					name: nodeName(found, depth),
					digest: first.via[depth]!,
					state: '',
					branches: below(found, depth + 1),
				};
	});
	const left = nodes.slice(mostParts).flatMap(([, found]) => found);
	return left.length === 0
		? shown
		: [...shown, {verdict: left[0]!.verdict, name: count(left.length, 'more part'), state: more, branches: []}];
}

function nodeName(found: Trouble[], depth: number): string {
	const [first, ...others] = new Set(found.map(({platform}) => platform));
	const isIndex = found.some(({via}) => via.length > depth + 1);
	return isIndex ? 'index' : others.length === 0 && first !== undefined ? first : 'manifest';
}

function leaf(trouble: Trouble): Branch {
	const {verdict, digest} = trouble;
	return {verdict, name: leafName(trouble), ...defined({digest}), state: stateOf(trouble), branches: []};
}

function leafName(trouble: Trouble): string {
	if (!('kind' in trouble)) {
		return trouble.digest === undefined ? 'image' : 'part';
	}

	const {kind, platform, digest} = trouble;
	if (kind.startsWith('child') || kind.startsWith('manifest')) {
		return digest === undefined ? 'tag' : (platform ?? 'manifest');
	}

	return kind.startsWith('tag') ? 'tag' : (/^(config|layer)-/.exec(kind)?.[1] ?? 'blob');
}

function stateOf(trouble: Trouble): string {
	return 'kind' in trouble ? `${trouble.kind}${sayEvidence(trouble)}` : `not checked: ${trouble.code}`;
}

/** What showed a fault: ` (HTTP 404, manifest unknown)`. */
export function sayEvidence({status, detail}: Fault): string {
	const parts = [...(status === undefined ? [] : [`HTTP ${status}`]), ...(detail === '' ? [] : [detail])];
	return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

type TreeGlyphs = {fork: string; last: string; bar: string; ellipsis: string; marks: Record<Branch['verdict'], string>};

const unicodeGlyphs: TreeGlyphs = {
	fork: '├─ ',
	last: '└─ ',
	bar: '│  ',
	ellipsis: '…',
	marks: {intact: '✔', broken: '✖', unknown: '?', absent: '·'},
};

const asciiGlyphs: TreeGlyphs = {
	fork: '|- ',
	last: '`- ',
	bar: '|  ',
	ellipsis: '~',
	marks: {intact: '+', broken: 'x', unknown: '?', absent: '-'},
};

/** Names stand in one column on each level; the state of a part wraps below itself. */
function drawBranches(branches: Branch[], canvas: Canvas, indent: string): string[] {
	const glyphs = canvas.unicode ? unicodeGlyphs : asciiGlyphs;
	const widest = Math.max(...branches.map(({name}) => name.length), 0);
	const width = Math.min(widest, Math.max(11, Math.floor(canvas.columns / 4)));

	return branches.flatMap(({verdict, name, digest, state, branches: inner}, at) => {
		const isLast = at === branches.length - 1;
		const under = indent + (isLast ? '   ' : glyphs.bar);
		const label = `${column(name, width).replaceAll('…', glyphs.ellipsis)} ${digest === undefined ? '' : shortDigest(digest)}`;
		const first = `${indent}${isLast ? glyphs.last : glyphs.fork}${glyphs.marks[verdict]} ${label.trimEnd()}  `;
		const rest = `${under}${inner.length > 0 ? glyphs.bar : '   '}  `;
		return [...wrap(state, {first, rest, columns: canvas.columns}), ...drawBranches(inner, canvas, under)];
	});
}
