import {type Audit, auditVerdict} from '../../domain/audit/audit.ts';
import type {Hazard, Severity} from '../../domain/audit/hazard.ts';
import type {Preflight} from '../../domain/audit/preflight.ts';
import {shortDigest} from '../../domain/image/digest.ts';
import {sayFirst} from '../../domain/storage/listing/collection-stop.ts';
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

function sayPreflight(preflight: Preflight, columns: number): string[] {
	const {command, complete, gaps, breaks, worsens, failure} = preflight;
	const item = {first: '  - ', rest: '    ', columns};
	return [
		'',
		...wrap(`PREFLIGHT of ${command}:`, {rest: '  ', columns}),
		...sayRemovals(preflight, columns),
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
		...[...Map.groupBy(worsens, ({image, past}) => `${image}${past ? ' past' : ''}`).values()].flatMap(lost =>
			wrap(sayWorsened(lost), item),
		),
		...(complete
			? []
			: [
					'  INCOMPLETE: more may break than is listed here.',
					...gaps.filter(gap => gap !== failure?.message).flatMap(gap => wrap(gap, item)),
				]),
	];
}

function sayWorsened(lost: Preflight['worsens']): string {
	const {image, past} = lost[0]!;
	const digests = lost.map(({digest}) => shortDigest(digest)).join(', ');
	return past
		? `${image} is already broken, and the run removes an image that the tag could be set back to (${digests}): re-point the tag first.`
		: `${image} is already broken, and the run removes what a relink needs (${digests}): relink it first.`;
}

function sayRemovals({removes, failure, stops = []}: Preflight, columns: number): string[] {
	const inside = {first: '  ', rest: '    ', columns};
	const links = count(removes.manifests, 'manifest link');
	if (failure === undefined) {
		return wrap(`The real run would remove ${links} and ${count(removes.blobs, 'blob')}.`, inside);
	}

	const meanings: Record<typeof failure.stage, string> = {
		start: '',
		mark: 'A real run stops at the same place, before it removes anything.',
		sweep: `A real run stops at the same place, after it has removed ${links} and before it removes data.`,
	};
	const [first, ...more] = stops;
	const others = more.length === 0 ? '' : ` (and at ${count(more.length, 'other')}: \`regmedic scan\` lists them)`;
	const at = first === undefined ? '' : `It stops at ${visibleLine(first.path)}${others}: ${sayFirst(first)}.`;
	return [`FAILED. ${failure.message}`, meanings[failure.stage], at, failure.hint].flatMap(line =>
		line === '' ? [] : wrap(line, inside),
	);
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
