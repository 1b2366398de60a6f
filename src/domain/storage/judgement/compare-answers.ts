import type {Fault} from '../../image/fault.ts';
import {parseReference} from '../../image/reference.ts';
import type {ImageCheck} from '../../image/verdict.ts';
import type {Finding, Scan} from '../finding.ts';

/** Only hashing can tell, which a walk over HTTP need not have done, nor the scan. */
const needsHashing: ReadonlySet<string> = new Set(['blob-corrupt']);
const sizeFaults: ReadonlySet<string> = new Set(['blob-empty', 'blob-truncated']);
const lacking: ReadonlySet<string> = new Set(['config-missing', 'layer-missing']);

type Checked = {repository: string; tag: string; check: ImageCheck};

/**
 * Where the registry's answers and its disk tell different stories: it remembers what is gone, or does not know yet what
 * is there again. Once a repository and digest.
 * @param checks walks over HTTP of tags; one that names a digest or is unknown from its top on says nothing of a tag
 * @see distribution/distribution#4269 and #4525: nobody tells the descriptor cache what a garbage collection took
 */
export function compareAnswers(checks: readonly ImageCheck[], scan: Scan): Finding[] {
	const found = new Map<string, Finding>();
	for (const checked of checks.flatMap(ofTag)) {
		for (const finding of [...servedFromMemory(checked, scan), ...notServed(checked, scan)]) {
			const key = `${finding.repository}\n${finding.digest ?? finding.tags.join()}`;
			const before = found.get(key);
			const tags = [...new Set([...(before?.tags ?? []), ...finding.tags])].sort();
			found.set(key, {...(before ?? finding), tags});
		}
	}

	return [...found.values()];
}

function ofTag(check: ImageCheck): Checked[] {
	const {repository, tag, digest} = parseReference(check.reference);
	return tag === undefined || digest !== undefined ? [] : [{repository, tag, check}];
}

/** The disk lacks it, and the registry says that it is there. */
function servedFromMemory({repository, tag, check}: Checked, {findings}: Scan): Finding[] {
	const {faults, unchecked} = check;
	const troubles = [...faults, ...unchecked];
	const isServed = ({digest, via}: Finding) =>
		digest === undefined
			? troubles.length === 0
			: troubles.every(trouble => trouble.digest !== undefined && ![digest, ...via].includes(trouble.digest));
	// Pushed since the scan: its image is another one.
	const isMoved = ({digest, via}: Finding) => {
		const root = via[0] ?? digest;
		return root !== undefined && check.digest !== undefined && root !== check.digest;
	};

	return findings
		.filter(finding => concerns(finding, repository, tag) && !needsHashing.has(finding.kind) && !isMoved(finding))
		.flatMap(finding => {
			const {kind, digest} = finding;
			const said = faults.find(fault => digest !== undefined && fault.digest === digest);
			if (said !== undefined && lacking.has(kind) && sizeFaults.has(said.kind)) {
				return [differing(finding, `the disk lacks it; over HTTP its size is still told (${said.detail})`)];
			}

			return isServed(finding)
				? [differing(finding, `on the disk: ${finding.detail}; the registry serves it all the same`)]
				: [];
		});
}

/** The registry says that it is broken, and a whole look at the disk finds nothing there. */
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
		.filter(fault => scan.complete && !needsHashing.has(fault.kind) && !explains(fault))
		.map(fault => {
			const {digest = check.digest, via, platform, kind, status, detail} = fault;
			const said = [status === undefined ? kind : `HTTP ${status}`, detail].filter(Boolean).join(' ');
			return differing(
				{
					repository,
					tags: [tag],
					via,
					...(digest === undefined ? {} : {digest}),
					...(platform === undefined ? {} : {platform}),
				},
				`over HTTP: ${said}; on the disk it is whole`,
			);
		});
}

function differing(
	{repository, tags, digest, via, platform}: Pick<Finding, 'repository' | 'tags' | 'digest' | 'via' | 'platform'>,
	detail: string,
): Finding {
	return {
		kind: 'answers-differ',
		repository,
		...(digest === undefined ? {} : {digest}),
		tags,
		via,
		...(platform === undefined ? {} : {platform}),
		missing: [],
		remedy: 'restart',
		detail,
	};
}

function concerns(finding: Finding, repository: string, tag: string): boolean {
	return finding.repository === repository && finding.tags.includes(tag);
}
