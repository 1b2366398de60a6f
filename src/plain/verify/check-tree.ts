import type {Digest} from '../../domain/image/digest.ts';
import type {Fault} from '../../domain/image/fault.ts';
import {isIndexType} from '../../domain/image/media-type.ts';
import type {ChildCheck, ImageCheck, Unchecked, Verdict} from '../../domain/image/verdict.ts';
import {count} from '../../domain/text/wording.ts';

/** One line of the tree and what hangs below it. */
export type Branch = {
	verdict: Verdict;
	/** A platform, or what kind of part it is. */
	name: string;
	digest?: Digest;
	state: string;
	branches: Branch[];
};

const mostChildren = 16;
/** Of one manifest: who has more wrong with it is told by numbers. */
const mostParts = 4;
const more = '--json lists them';

type Trouble = (Fault | Unchecked) & {verdict: Verdict};

/** The children of an index, and below each only what is wrong with it or could not be seen. */
export function treeOf({children, digest, mediaType, faults, unchecked}: ImageCheck): Branch[] {
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

/** In the order of the index; where it is too long, what is not intact goes first. */
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

function childBranch({digest, platform, verdict, blobs, detail}: ChildCheck, troubles: Trouble[]): Branch {
	const own = troubles.find(trouble => trouble.digest === digest);
	const inner = below(
		troubles.filter(trouble => trouble.digest !== digest),
		2,
	);
	const isIndex = troubles.some(({via}) => via.length > 2);
	const state = own
		? stateOf(own)
		: verdict === 'intact'
			? `ok, ${detail === '' ? count(blobs, 'blob') : detail}`
			: inner.length > 0
				? verdict
				: `${verdict}: ${detail}`;
	return {verdict, name: platform ?? (isIndex ? 'index' : 'no platform'), digest, state, branches: inner};
}

/** @param depth how many manifests above are drawn already */
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
	return {
		verdict,
		name: leafName(trouble),
		...(digest === undefined ? {} : {digest}),
		state: stateOf(trouble),
		branches: [],
	};
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
	return 'kind' in trouble ? `${trouble.kind}${seen(trouble)}` : `not checked: ${trouble.code}`;
}

/** What showed it: ` (HTTP 404, manifest unknown)`. */
export function seen({status, detail}: Fault): string {
	const parts = [...(status === undefined ? [] : [`HTTP ${status}`]), ...(detail === '' ? [] : [detail])];
	return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
