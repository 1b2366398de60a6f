import {type Digest, shortDigest} from '../domain/digest.ts';
import {type Fault, faultMeanings} from '../domain/fault.ts';
import {isIndexType} from '../domain/media-type.ts';
import type {ChildCheck, ImageCheck, Unchecked} from '../domain/verdict.ts';
import {visibleLine} from '../domain/visible.ts';
import {count} from '../domain/wording.ts';
import {column, wrap} from './fit.ts';

/** What `regmedic verify` tells people about one image: its parts, what is wrong, what could not be seen, what to do. */
export function sayCheck(check: ImageCheck): string[] {
	const {reference, digest, mediaType, faults, unchecked} = check;
	const what = isIndexType(mediaType) ? 'index' : 'manifest';
	return [
		`${visibleLine(reference)}: ${check.verdict}`,
		...(digest === undefined ? ['  the tag resolves to nothing'] : [`  ${what} ${digest}`]),
		...sayChildren(check),
		...(faults.length === 0 ? [] : [`${count(faults.length, 'fault')}:`, ...faults.flatMap(sayFault)]),
		...(unchecked.length === 0 ? [] : ['Could not be checked:', ...unchecked.flatMap(sayUnchecked)]),
		...sayVerdict(check),
	];
}

/** One fault as a line of a list, with what it means for somebody who pulls. */
export function sayFault({kind, digest, platform, status, detail}: Fault): string[] {
	const seen = [...(status === undefined ? [] : [`HTTP ${status}`]), ...(detail === '' ? [] : [detail])].join(', ');
	const part = partOf(digest, platform);
	return wrap(
		`${kind}${part === '' ? '' : `, ${part}`}: ${faultMeanings[kind] ?? 'damaged'}${seen === '' ? '' : ` (${seen})`}`,
		{
			first: '  - ',
			rest: '    ',
		},
	);
}

export function partOf(digest: Digest | undefined, platform: string | undefined): string {
	return [platform, digest === undefined ? undefined : shortDigest(digest)].filter(Boolean).join(' ');
}

function sayChildren({children, digest, mediaType}: ImageCheck): string[] {
	const isItself = children.length === 1 && children[0]!.digest === digest && !isIndexType(mediaType);
	return isItself && children[0]!.detail === '' ? [] : children.map(sayChild);
}

function sayChild({digest, platform = 'no platform', verdict, status, blobs, detail}: ChildCheck): string {
	const state = verdict === 'intact' ? 'ok' : verdict === 'unknown' ? 'unknown' : String(status ?? 'broken');
	const said = detail === '' && verdict === 'intact' ? count(blobs, 'blob') : detail;
	return `    ${column(platform, 20)} ${shortDigest(digest)}  ${column(state, 7)} ${column(said, 46)}`.trimEnd();
}

/** One part that nobody could look at, why, and what to do about it. */
export function sayUnchecked({digest, platform, code, message, hint}: Unchecked): string[] {
	const part = partOf(digest, platform);
	return [
		...wrap(`${part === '' ? '' : `${part}: `}${message} (${code})`, {first: '  - ', rest: '    '}),
		...wrap(hint, {first: '    '}),
	];
}

function sayVerdict({reference, verdict, checked, faults, unchecked, children}: ImageCheck): string[] {
	const scope = `${count(checked.manifests, 'manifest')} and ${count(checked.blobs, 'blob')} checked`;
	const beyond = unchecked.length === 0 ? '' : `, ${count(unchecked.length, 'part')} could not be checked`;
	switch (verdict) {
		case 'intact':
			return [`intact: ${scope}, every one of them as it should be.`];

		case 'unknown':
			return [
				...wrap(`unknown: ${scope}${beyond}. Nothing wrong was seen, and that proves nothing.`),
				`Next: regmedic check; then regmedic verify ${visibleLine(reference)}`,
			];

		case 'broken': {
			const broken = children.filter(child => child.verdict === 'broken').length;
			const pulls =
				children.length > 1
					? `${broken} of ${count(children.length, 'child', 'children')} cannot be pulled`
					: 'it cannot be pulled';
			return [
				...wrap(`broken: ${count(faults.length, 'fault')}, ${pulls}; ${scope}${beyond}.`),
				`Next: regmedic respond --image ${visibleLine(reference)}`,
			];
		}
	}
}
