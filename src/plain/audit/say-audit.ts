import {type Audit, auditVerdict} from '../../domain/audit/audit.ts';
import type {Hazard, Severity} from '../../domain/audit/hazard.ts';
import type {Preflight} from '../../domain/audit/preflight.ts';
import {shortDigest} from '../../domain/image/digest.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {readableColumns, usualColumns, wrap} from '../../domain/text/wrap.ts';

const headings: Record<Severity, string> = {
	'will-break': 'WILL BREAK IMAGES',
	'may-break': 'MAY BREAK IMAGES',
	'worth-knowing': 'WORTH KNOWING',
};

/** What `regmedic audit` prints: the worst first, each with its evidence and the change to make. */
export function sayAudit(
	audit: Audit & {place: string; preflight?: readonly Preflight[]},
	terminalColumns?: number,
): string[] {
	const {place, risks, unseen, versions, preflight = []} = audit;
	const columns = readableColumns(terminalColumns);
	const item = {first: '  - ', rest: '    ', columns};
	const groups = Map.groupBy(risks, ({severity}) => severity);
	return [
		...wrap(`Audited ${place}${versions.length === 0 ? '' : `, registry ${versions.join(', ')}`}.`, {
			rest: '  ',
			columns,
		}),
		...[...groups].flatMap(([severity, found]) => [
			'',
			`${headings[severity]}:`,
			...found.flatMap(risk => sayRisk(risk, columns)),
		]),
		...preflight.flatMap(each => sayPreflight(each, columns)),
		...(unseen.length === 0
			? []
			: ['', 'Not checked:', ...unseen.flatMap(({what, why}) => wrap(`${what}: ${why}`, item))]),
		'',
		...sayVerdict(audit, columns),
	];
}

/** The file and line stand alone, so that they can be copied. */
function sayRisk({kind, file, at, line, why, advice}: Hazard, columns = usualColumns): string[] {
	const below = {first: '    ', columns};
	return [
		`  - ${visibleLine(file)}${at === undefined ? '' : `:${at}`} (${kind})`,
		...wrap(line, {first: '    | ', rest: '    |   ', columns}),
		...wrap(why, below),
		...wrap(`Change: ${advice}`, below),
	];
}

function sayPreflight({command, complete, gaps, removes, breaks, worsens}: Preflight, columns: number): string[] {
	const item = {first: '  - ', rest: '    ', columns};
	const removed = `${count(removes.manifests, 'manifest link')} and ${count(removes.blobs, 'blob')}`;
	return [
		'',
		...wrap(`PREFLIGHT of ${command}:`, {rest: '  ', columns}),
		...wrap(`The real run would remove ${removed}.`, {first: '  ', columns}),
		...(breaks.length === 0
			? complete
				? ['  It breaks no tagged image that is intact now.']
				: []
			: [
					`  It breaks ${count(breaks.length, 'image')}:`,
					...breaks.flatMap(({image, digests}) =>
						wrap(`${image} (${digests.map(shortDigest).join(', ')})`, {first: '  - ', rest: '      ', columns}),
					),
				]),
		...[...Map.groupBy(worsens, ({image}) => image)].flatMap(([image, lost]) =>
			wrap(
				`${image} is already broken, and the run removes what a relink needs (${lost.map(({digest}) => shortDigest(digest)).join(', ')}): relink it first.`,
				item,
			),
		),
		...(complete ? [] : ['  INCOMPLETE: more may break than is listed here.', ...gaps.flatMap(gap => wrap(gap, item))]),
	];
}

function sayVerdict(audit: Parameters<typeof auditVerdict>[0] & Pick<Audit, 'risks'>, columns: number): string[] {
	switch (auditVerdict(audit)) {
		case 'breaks': {
			const certain = audit.risks.filter(({severity}) => severity === 'will-break');
			const elsewhere = certain.filter(({kind}) => kind === 'another-registry' || kind === 'empty-catalogue');
			const sentences = [
				...(elsewhere.length === 0
					? []
					: ['Another registry answers than the one on this disk: find out why before you rely on a check of either.']),
				...(certain.length === elsewhere.length
					? []
					: ['Something will break images: make the changes above before it runs again.']),
			];
			return sentences.length > 0
				? sentences.flatMap(sentence => wrap(sentence, {columns}))
				: wrap('The garbage collection that was rehearsed would do damage: do not run it as it is.', {columns});
		}

		case 'incomplete':
			return wrap(
				'Nothing that was checked is certain to break images, but not everything was checked: this is no all-clear.',
				{columns},
			);

		case 'clear':
			return [
				audit.risks.length === 0 ? 'Nothing found that breaks images.' : 'Nothing found that breaks images by itself.',
			];
	}
}
