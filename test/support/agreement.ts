import type {Fault} from '../../src/domain/image/fault.ts';
import type {ImageCheck} from '../../src/domain/image/verdict.ts';
import type {ProbeReport} from '../../src/domain/probe/probe.ts';
import type {Finding, Scan} from '../../src/domain/storage/findings/finding.ts';
import type {StoreTruth, TagTruth, Wrong} from './store-truth.ts';

/** By `repository:tag`. An error is what a walk was thrown out with. */
export type Checks = ReadonlyMap<string, Pick<ImageCheck, 'verdict' | 'faults' | 'unchecked'> | Error>;

/** How a walk differs from the truth, in one line a tag. */
export function differencesOfWalk(
	name: string,
	truth: readonly TagTruth[],
	checks: Checks,
	isHashed: boolean,
): string[] {
	return truth.flatMap(({repository, tag, met}) => {
		const shown = met.filter(({served}) => isHashed || served !== 'blob-corrupt');
		const check = checks.get(`${repository}:${tag}`);
		const open = leftOpen(check, shown);
		const left = shown.filter(wrong => !open.includes(wrong));
		const said = sayCheck(check, open);
		const right = sayWalk(left.length > 0 ? 'broken' : open.length > 0 ? 'unknown' : 'intact', left.map(keyOfWrong));
		return said === right ? [] : [`${name} ${repository}:${tag}: ${said}, and right is ${right}`];
	});
}

/**
 * Blobs for which the registry fails, in an image of which it serves no other: that could be the storage, and is unknown.
 */
function leftOpen(check: ReturnType<Checks['get']>, shown: readonly Wrong[]): Wrong[] {
	return check === undefined || check instanceof Error
		? []
		: shown.filter(
				({served, digest}) =>
					served === 'part-unserved' &&
					check.unchecked.some(part => part.digest !== undefined && part.digest === digest),
			);
}

/** The catalogue holds every repository that 2.8 lists, and nothing that it does not have. */
export function differencesOfProbe(report: ProbeReport, truth: StoreTruth, checks: Checks): string[] {
	const {tags, listed, isCatalogueUnreadable} = truth;
	if (isCatalogueUnreadable) {
		return report.catalog ? ['probe: the catalogue passes for whole'] : [];
	}

	const ofListed = tags.filter(({repository}) => listed.has(repository));
	const known = new Set(tags.map(({repository, tag}) => `${repository}:${tag}`));
	const {catalog, failures} = report;
	const walked = tags.filter(({repository, tag}) => checks.has(`${repository}:${tag}`));
	const broken = walked
		.map(({repository, tag, met}) => ({
			check: checks.get(`${repository}:${tag}`),
			shown: met.filter(({served}) => served !== 'blob-corrupt'),
		}))
		.filter(({check, shown}) => shown.length > leftOpen(check, shown).length).length;
	return [
		...(catalog ? [] : [`probe: the catalogue was not listed: ${report.failure?.message}`]),
		...[...checks.keys()].filter(name => !known.has(name)).map(name => `probe ${name}: there is no such tag`),
		...ofListed
			.filter(({repository, tag}) => !checks.has(`${repository}:${tag}`))
			.map(({repository, tag}) => `probe ${repository}:${tag}: was not walked`),
		...(failures === broken ? [] : [`probe: ${failures} failures, and ${broken} are right`]),
	];
}

/** A scan names every part that a pull misses, by what the disk shows of it, and nothing that is right. */
export function differencesOfScan(
	name: string,
	{complete, gaps, findings}: Scan,
	{tags: truth, symbolicLinks, nameless, vanished}: StoreTruth,
	isHashed: boolean,
): string[] {
	const isShown = ({stored}: Wrong) => isHashed || !stored.every(kind => kind === 'blob-corrupt');
	const named = new Set(truth.map(({repository, tag}) => `${repository}:${tag}`));
	const unnamed = new Set(findings.filter(({kind}) => kind === 'repository-vanished').map(({digest}) => digest!));
	return [
		...[...unnamed].filter(digest => !nameless.has(digest)).map(each => `${name}: ${short(each)} has not vanished`),
		// Where links could not be read, nothing is known to be without one.
		...[...(complete ? vanished : [])]
			.filter(digest => !unnamed.has(digest))
			.map(digest => `${name}: does not name ${short(digest)}, which has vanished`),
		...(complete === (gaps.length === 0) ? [] : [`${name}: complete is ${complete}`]),
		...gaps
			.filter(gap => !symbolicLinks.some(link => gap.startsWith(`${link} `)))
			.map(gap => `${name}: is not complete: ${gap}`),
		...findings.flatMap(({repository, tags, kind}) =>
			tags
				.filter(tag => !named.has(`${repository}:${tag}`))
				.map(tag => `${name} ${repository}:${tag}: ${kind} of no tag`),
		),
		...truth.flatMap(({repository, tag, met, hidden}) => {
			const own = findings.filter(finding => finding.repository === repository && finding.tags.includes(tag));
			const unnamed = met
				.filter(isShown)
				.filter(wrong => !(wrong.isUnread && !complete) && !own.some(finding => tells(finding, wrong)));
			const untrue = own.filter(finding => ![...met, ...hidden].some(wrong => isSo(finding, wrong)));
			return [
				...unnamed.map(
					wrong => `${name} ${repository}:${tag}: does not tell ${wrong.stored.join(' or ')} ${short(wrong.digest)}`,
				),
				...untrue.map(
					({kind, digest, detail}) => `${name} ${repository}:${tag}: ${kind} ${short(digest)} (${detail}) is not so`,
				),
			];
		}),
	];
}

function tells({kind, digest, via}: Finding, wrong: Wrong): boolean {
	return wrong.digest === undefined
		? via.length === 0 && wrong.stored.includes(kind)
		: digest === wrong.digest
			? wrong.stored.includes(kind)
			: isOfAllLinks({kind, digest}) && wrong.stored.includes('layer-unlinked');
}

/** One finding for a repository that lost all its links; the data of the blobs may be damaged besides. */
function isSo(finding: Finding, wrong: Wrong): boolean {
	return tells(finding, wrong) || (isOfAllLinks(finding) && /^(?:config|layer)-missing$/.test(wrong.served));
}

function isOfAllLinks({kind, digest}: {kind: Finding['kind']; digest?: Finding['digest'] | undefined}): boolean {
	return kind === 'layer-unlinked' && digest === undefined;
}

function sayCheck(check: ReturnType<Checks['get']>, open: readonly Wrong[]): string {
	if (check === undefined) {
		return 'not walked';
	}

	return check instanceof Error
		? `thrown: ${check.message}`
		: sayWalk(check.verdict, [
				...check.faults.map(keyOfFault),
				...check.unchecked
					.filter(({digest}) => !open.some(wrong => wrong.digest === digest))
					.map(({message}) => message),
			]);
}

function sayWalk(verdict: string, parts: string[]): string {
	return [verdict, ...[...new Set(parts)].sort()].join(', ');
}

const keyOfFault = ({kind, digest, via}: Fault) => `${kind} ${via.length === 0 ? 'top' : short(digest)}`;
const keyOfWrong = ({served, digest}: Wrong) => `${served} ${short(digest)}`;
const short = (digest: string | undefined) => digest?.slice(0, 19) ?? 'top';
