import type {CacheKind} from '../../audit/registries/descriptor-cache.ts';
import {defined} from '../../defined.ts';
import type {Fault, FaultKind} from '../../image/fault.ts';
import {parseReference} from '../../image/reference.ts';
import type {ImageCheck} from '../../image/verdict.ts';
import type {StaleMemory} from '../stale-memory.ts';
import type {Finding, Scan} from './finding.ts';

/**
 * How a fault shows. `hash`: only in a hash, which neither the walk over HTTP nor the scan need have computed. `size`: the
 * blob has another size. `absence`: the blob is missing. `nothing`: only the disk shows it.
 */
const shownBy: Record<FaultKind, 'hash' | 'size' | 'absence' | 'other' | 'nothing'> = {
	'tag-dangling': 'other',
	'child-unlinked': 'other',
	'child-swept': 'other',
	'child-missing': 'other',
	'manifest-unreadable': 'other',
	'config-missing': 'absence',
	'layer-missing': 'absence',
	'layer-unlinked': 'other',
	'blob-empty': 'size',
	'blob-truncated': 'size',
	'blob-corrupt': 'hash',
	'type-mismatch': 'other',
	'config-unreadable': 'other',
	'diffid-mismatch': 'other',
	'layer-unreadable': 'other',
	'size-wrong': 'other',
	'part-unserved': 'size',
	'platform-missing': 'other',
	'link-malformed': 'other',
	'answers-differ': 'other',
	'repository-vanished': 'other',
	'tag-set-back': 'nothing',
};

type Checked = {repository: string; tag: string; check: ImageCheck};

/**
 * Finds where the registry and its disk contradict each other: its cache has what is gone, or lacks what is there again.
 * One finding a repository and digest.
 * @param checks walks over HTTP of tags; a reference by digest says nothing about a tag
 * @see distribution/distribution#4269 and #4525: the descriptor cache is not told what a garbage collection removed
 */
export function compareAnswers(checks: readonly ImageCheck[], scan: Scan): Finding[] {
	const found = new Map<string, Finding>();
	const ofRepository = Map.groupBy(scan.findings, ({repository}) => repository);
	for (const checked of checks.flatMap(ofTag)) {
		const own = {...scan, findings: ofRepository.get(checked.repository) ?? []};
		for (const finding of [...servedFromMemory(checked, own), ...notServed(checked, own)]) {
			const key = `${finding.repository}\n${finding.digest ?? finding.tags.join()}`;
			const before = found.get(key);
			const tags = [...new Set([...(before?.tags ?? []), ...finding.tags])].sort();
			found.set(key, {...(before ?? finding), tags});
		}
	}

	return [...found.values()];
}

/** What the registry answered for and the disk lacks, as a finding with the tags that need it; a cache in Redis outlives a restart. */
export function withMemory(scan: Scan, memory: StaleMemory | undefined, cache: CacheKind | undefined): Scan {
	const answered = memory?.kind === 'proven' ? memory : undefined;
	const isKnown = scan.findings.some(
		({kind, digest, repository}) =>
			kind === 'answers-differ' && digest === answered?.digest && repository === answered?.repository,
	);
	// Of a manifest that is gone, nobody knows the layers: one of its repository was asked for.
	const lacking =
		scan.findings.find(
			({repository, digest, missing}) =>
				answered !== undefined &&
				repository === answered.repository &&
				(digest === answered.digest || missing.includes(answered.digest)),
		) ?? scan.findings.find(({repository}) => repository === answered?.repository);
	const proof =
		answered === undefined || lacking === undefined || isKnown
			? []
			: [
					differing(
						{...lacking, digest: answered.digest},
						`the disk lacks it; the registry still answers for it (${answered.detail})`,
					),
				];
	const findings = [...scan.findings, ...proof].map(
		(finding): Finding =>
			finding.kind === 'answers-differ' && finding.remedy === 'restart' && cache === 'redis'
				? {...finding, remedy: 'inspect', detail: `${finding.detail}; the cache is in Redis, which outlives a restart`}
				: finding,
	);
	return {...scan, findings, ...defined({cache})};
}

function ofTag(check: ImageCheck): Checked[] {
	const {repository, tag, digest} = parseReference(check.reference);
	return tag === undefined || digest !== undefined ? [] : [{repository, tag, check}];
}

/** The disk lacks it, and the registry serves it or its size. */
function servedFromMemory({repository, tag, check}: Checked, {findings}: Scan): Finding[] {
	const {faults, unchecked} = check;
	const troubles = [...faults, ...unchecked];
	const isServed = ({digest, via}: Finding) =>
		digest === undefined
			? troubles.length === 0
			: troubles.every(trouble => trouble.digest !== undefined && ![digest, ...via].includes(trouble.digest));
	// The tag was pushed since the scan: it has another image.
	const isMoved = ({digest, via}: Finding) => {
		const root = via[0] ?? digest;
		return root !== undefined && check.digest !== undefined && root !== check.digest;
	};

	return findings
		.filter(
			finding =>
				concerns(finding, repository, tag) && !['hash', 'nothing'].includes(shownBy[finding.kind]) && !isMoved(finding),
		)
		.flatMap(finding => {
			const {kind, digest} = finding;
			const said = faults.find(fault => digest !== undefined && fault.digest === digest);
			if (said !== undefined && shownBy[kind] === 'absence' && shownBy[said.kind] === 'size') {
				return [differing(finding, `the disk lacks it; the registry still serves its size (${said.detail})`)];
			}

			if (!isServed(finding)) {
				return [];
			}

			const served = differing(finding, `on the disk: ${finding.detail}; the registry still serves it`);
			// A restart would make it unpullable.
			return [finding.remedy === 'relink' ? {...served, remedy: 'relink' as const} : served];
		});
}

/** The registry says that it is broken, and a complete scan of the disk does not; or what is wrong with a config that the scan has not read. */
function notServed({repository, tag, check}: Checked, scan: Scan): Finding[] {
	const mine = scan.findings.filter(finding => concerns(finding, repository, tag));
	const explains = (fault: Fault) =>
		mine.some(
			({digest, via, missing}) =>
				digest === undefined ||
				(fault.digest === undefined && via.length === 0) ||
				digest === fault.digest ||
				fault.via.includes(digest) ||
				(fault.digest !== undefined && missing.includes(fault.digest)),
		);

	return check.faults
		.filter(fault => scan.complete && shownBy[fault.kind] !== 'hash' && !explains(fault))
		.map(fault => {
			const {digest = check.digest, via, platform, kind, status, detail} = fault;
			const said = [status === undefined ? kind : `HTTP ${status}`, detail].filter(Boolean).join(' ');
			const found = differing(
				{
					repository,
					tags: [tag],
					via,
					...defined({digest, platform}),
				},
				`over HTTP: ${said}; on the disk it is intact`,
			);
			// The bytes are the same: the scan of the disk has not read all configs.
			if (scan.harmless?.configsUnread !== undefined && (kind === 'config-unreadable' || kind === 'diffid-mismatch')) {
				return {...found, kind, remedy: 'rebuild' as const, detail};
			}

			// A registry that fails on it has not forgotten it: its storage, or what stands before it, is the reason.
			const fails = kind === 'part-unserved' || (status !== undefined && status >= 500);
			return fails ? {...found, remedy: 'inspect' as const} : found;
		});
}

function differing(
	{repository, tags, digest, via, platform}: Pick<Finding, 'repository' | 'tags' | 'digest' | 'via' | 'platform'>,
	detail: string,
): Finding {
	return {
		kind: 'answers-differ',
		repository,
		...defined({digest}),
		tags,
		via,
		...defined({platform}),
		missing: [],
		remedy: 'restart',
		detail,
	};
}

function concerns(finding: Finding, repository: string, tag: string): boolean {
	return finding.repository === repository && finding.tags.includes(tag);
}
