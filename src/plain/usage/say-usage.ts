import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import type {Verdict} from '../../domain/image/verdict.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {readableColumns, wrap} from '../../domain/text/wrap.ts';
import {sayLook, sayNoUse, sayWhen} from '../../domain/usage/say-use.ts';
import type {Usage} from '../../domain/usage/usage.ts';
import type {UsedBy} from '../../domain/usage/used-by.ts';

type Shown = Omit<Usage, 'uses'> & {images: {reference: ImageReference; verdict?: Verdict; usedBy: UsedBy[]}[]};

/** More is hard to read: `--json` has all of it. */
const mostUsers = 20;

/** Every image with what uses it. */
export function sayUsage({images, ...look}: Shown, host: string, columns?: number): string[] {
	const width = readableColumns(columns);
	const head = [
		`${count(images.length, 'image')} of ${host}. Looked at: ${sayLook({...look, notLookedAt: []})}.`,
		...[...Map.groupBy(look.notLookedAt, ({why}) => why)].map(
			([why, some]) => `Not looked at: ${some.map(({what}) => what).join(', ')}. ${visibleLine(why)}`,
		),
	];
	return [
		...head.flatMap(line => wrap(line, {rest: '  ', columns: width})),
		...images.flatMap(image => ['', ...sayImage(image, look, width)]),
	];
}

function sayImage(
	{reference, verdict = 'unknown', usedBy}: Shown['images'][number],
	look: Omit<Usage, 'uses'>,
	columns: number,
): string[] {
	const shown = usedBy.slice(0, mostUsers);
	const rest = usedBy.length - shown.length;
	return [
		...wrap(`${verdict}: ${formatReference(reference)}`, {rest: '  ', columns}),
		...(usedBy.length === 0 ? wrap(`${sayNoUse(look)}`, {first: '  ', rest: '    ', columns}) : []),
		...shown.flatMap(user => wrap(sayUser(user), {first: '  ', rest: '    ', columns})),
		...(rest > 0 ? [`  … and ${rest} more: --json lists them all.`] : []),
	];
}

function sayUser(user: UsedBy): string {
	const {kind, name, by, state, problem, nodes} = user;
	const when =
		by === 'runs'
			? 'runs it, and starts with another image'
			: state === 'failing'
				? `cannot pull it now${problem === undefined ? '' : ` (${problem})`}`
				: state === 'never-pulls'
					? 'never pulls it'
					: `pulls it ${sayWhen(user)}`;
	const pinned = by === 'digest' ? ', pinned to the digest' : '';
	const on = nodes.length === 0 ? '' : `; runs on ${nodes.join(', ')}`;
	return visibleLine(`${kind} ${name} ${when}${pinned}${on}`);
}
