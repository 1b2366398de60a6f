import {partName} from '../../domain/image/digest.ts';
import {type Fault, faultMeanings} from '../../domain/image/fault.ts';
import {isIndexType} from '../../domain/image/media-type.ts';
import type {Warning} from '../../domain/image/pullable/warning.ts';
import type {Depth, ImageCheck, Unchecked} from '../../domain/image/verdict.ts';
import {sayIntact, sayMayLackLinks, sayNotMeant, saySizeOnly, sayVerdict} from '../../domain/image/verdict.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {usualColumns, wrap} from '../../domain/text/wrap.ts';
import {sayEvidence, sayTree} from './check-tree.ts';

export type CheckStyle = {
	columns?: number;
	unicode?: boolean;
	depth?: Depth;
	/** Options that a suggested command needs to reach the same registry: `--plain-http`. */
	flags?: string;
};

const mostReasons = 8;
const mostParts = 3;

/** What `regmedic verify` tells people about one image: its tree, what is wrong and what that means, what to do. */
export function sayCheck(
	check: ImageCheck,
	{columns = usualColumns, unicode = false, depth = 'edge', flags = ''}: CheckStyle = {},
): string[] {
	const {reference, digest, mediaType, verdict} = check;
	const item = {first: '  - ', rest: '    ', columns};
	return [
		`${visibleLine(reference)}: ${verdict}`,
		...(digest === undefined ? [] : [`${isIndexType(mediaType) ? 'index' : 'manifest'} ${digest}`]),
		...sayTree(check, {columns, unicode}),
		...(check.faults.length === 0 ? [] : ['Faults:', ...kindsOf(check).flatMap(text => wrap(text, item))]),
		...reasonsOf(check, columns),
		...warningsOf(check, columns),
		...wrap(scopeOf(check, depth), {columns}),
		...nextOf(check, depth, flags),
	];
}

/** Several images, in one line at the end: `3 images: 1 broken, 2 intact.` */
export function sayChecks(checks: ImageCheck[]): string {
	const numbers = (['broken', 'unknown', 'intact'] as const)
		.map(verdict => [checks.filter(check => check.verdict === verdict).length, verdict] as const)
		.filter(([number]) => number > 0);
	return `${count(checks.length, 'image')}: ${numbers.map(each => each.join(' ')).join(', ')}.`;
}

/** One fault as an item of a list, with what it means for someone who pulls. */
export function sayFault(fault: Fault): string[] {
	const {kind} = fault;
	const part = partName(fault);
	return wrap(`${kind}${part === '' ? '' : `, ${part}`}: ${faultMeanings[kind]}${sayEvidence(fault)}`, {
		first: '  - ',
		rest: '    ',
	});
}

/** One part that could not be checked, why, and what to do about it. */
export function sayUnchecked(unchecked: Unchecked): string[] {
	const {code, message, hint} = unchecked;
	const part = partName(unchecked);
	return [
		...wrap(`${part === '' ? '' : `${part}: `}${message} (${code})`, {first: '  - ', rest: '    '}),
		...wrap(hint, {first: '    '}),
	];
}

/** Each kind once: the parts are in the tree. */
function kindsOf({faults}: ImageCheck): string[] {
	return [...Map.groupBy(faults, ({kind}) => kind)].map(
		([kind, found]) => `${kind}${found.length === 1 ? '' : ` (${found.length})`}: ${faultMeanings[kind]}`,
	);
}

/** Each reason once, with the parts that could not be checked for it. */
function reasonsOf({unchecked}: ImageCheck, columns: number): string[] {
	if (unchecked.length === 0) {
		return [];
	}

	const reasons = [...Map.groupBy(unchecked, ({code, message, hint}) => `${code}\n${message}\n${hint}`).values()];
	const left = reasons.length - mostReasons;
	return [
		`${count(unchecked.length, 'part')} could not be checked:`,
		...reasons.slice(0, mostReasons).flatMap(parts => {
			const {code, message, hint} = parts[0]!;
			return [
				...wrap(`${sayParts(parts)}${message} (${code})`, {first: '  - ', rest: '    ', columns}),
				...wrap(hint, {first: '    ', columns}),
			];
		}),
		...(left > 0 ? [`  - and ${count(left, 'more reason')}; --json lists them`] : []),
	];
}

/** Each warning once, with the clients that fail. */
function warningsOf({warnings = []}: ImageCheck, columns: number): string[] {
	if (warnings.length === 0) {
		return [];
	}

	const kinds = [...Map.groupBy(warnings, ({kind, detail}) => `${kind} ${detail}`).values()];
	const left = kinds.length - mostReasons;
	return [
		'Some clients only:',
		...kinds.slice(0, mostReasons).flatMap(alike => {
			const [{kind, clients, detail}] = alike as [Warning, ...Warning[]];
			const times = alike.length === 1 ? '' : ` (${alike.length})`;
			return wrap(`${kind}${times}: ${detail}. Fails in: ${clients.join(', ')}.`, {
				first: '  - ',
				rest: '    ',
				columns,
			});
		}),
		...(left > 0 ? [`  - and ${count(left, 'more warning')}; --json lists them`] : []),
	];
}

function sayParts(parts: Unchecked[]): string {
	const named = parts.map(partName).filter(text => text !== '');
	const left = named.length - mostParts;
	return named.length === 0 ? '' : `${named.slice(0, mostParts).join(', ')}${left > 0 ? ` and ${left} more` : ''}: `;
}

function scopeOf(check: ImageCheck, depth: Depth): string {
	const {verdict, checked, faults} = check;
	const scope = `${count(checked.manifests, 'manifest')} and ${count(checked.blobs, 'blob')} checked`;
	const worth = checked.sizeOnly === undefined ? '' : ` ${saySizeOnly(checked.sizeOnly)}`;
	const more = [...sayNotMeant(check), ...(check.mayLackLinks ? [sayMayLackLinks] : [])]
		.map(text => ` ${text}`)
		.join('');
	switch (verdict) {
		case 'intact':
			return `intact: ${scope}. ${sayIntact(checked.sizeOnly, depth)}${more}`;

		case 'unknown':
			return `unknown: ${scope}; no fault was found in them. The rest is not known.${worth}`;

		case 'broken':
			return `broken: ${count(faults.length, 'fault')}; ${scope}. ${sayVerdict(check)}`;
	}
}

function nextOf({reference, verdict}: ImageCheck, depth: Depth, flags: string): string[] {
	const image = visibleLine(`${reference}${flags === '' ? '' : ` ${flags}`}`);
	switch (verdict) {
		case 'intact':
			return [];

		case 'unknown':
			return [`Once fixed: regmedic verify ${depth === 'edge' ? '' : `--depth ${depth} `}${image}`];

		case 'broken':
			return [`Next: regmedic respond --image ${image}`];
	}
}
