import {defined} from '../../defined.ts';
import type {FaultKind} from '../../image/fault.ts';
import type {RemedyKind} from '../../remedy/remedy.ts';
import {isoTime} from '../listing/times.ts';
import type {StorageFault} from '../walk/faults.ts';
import {gonePartsOf, type RelinkPlan} from '../walk/relink-plan.ts';
import type {Finding} from './finding.ts';

/** What helps against each kind of fault. For a dangling tag it depends on the other tags: see `RemedyRules`. */
const remedies: Record<FaultKind, RemedyKind> = {
	'tag-dangling': 'remove-tag',
	'child-unlinked': 'relink',
	'child-swept': 'rebuild',
	'child-missing': 'rebuild',
	'manifest-unreadable': 'rebuild',
	'config-missing': 'rebuild',
	'layer-missing': 'rebuild',
	'layer-unlinked': 'relink',
	'blob-empty': 'rebuild',
	'blob-truncated': 'rebuild',
	'blob-corrupt': 'rebuild',
	'size-wrong': 'rebuild',
	'platform-missing': 'rebuild',
	'link-malformed': 'relink',
	'answers-differ': 'restart',
};

type Gathered = {repository: string; tags: Set<string>; fault: StorageFault};

type RemedyRules = {
	/** What helps against a tag that resolves to nothing: it depends on the other tags of its repository. */
	remedyOfTag(repository: string): RemedyKind;
	/** What a relink would take; undefined where it is not known what the link pointed to. */
	planOf(finding: Finding): RelinkPlan | undefined;
};

/** Merges faults into findings: one a repository and digest, with all the tags that reach it. */
export class FindingList {
	readonly #gathered = new Map<string, Gathered>();

	add(repository: string, tags: readonly string[], fault: StorageFault): void {
		const key = `${repository}\n${fault.digest ?? (fault.ofRepository ? fault.kind : `tag ${tags.join()}`)}`;
		const before = this.#gathered.get(key);
		if (before === undefined) {
			this.#gathered.set(key, {repository, tags: new Set(tags), fault});
			return;
		}

		// A dangling tag of a manifest that is also a child of an index: repairing the child repairs the tag.
		if (before.fault.kind === 'tag-dangling' && fault.kind !== 'tag-dangling') {
			before.fault = fault;
		}

		for (const tag of tags) {
			before.tags.add(tag);
		}
	}

	all(rules: RemedyRules): Finding[] {
		return [...this.#gathered.values()]
			.map(gathered => settled(gathered, rules))
			.sort((a, b) => compare(a.repository, b.repository) || compare(a.tags[0] ?? '~', b.tags[0] ?? '~'));
	}
}

/** Chooses the remedy: a relink only where the disk has everything that it needs. */
function settled(gathered: Gathered, {remedyOfTag, planOf}: RemedyRules): Finding {
	const finding = findingOf(gathered);
	const forTag = remedyOfTag(finding.repository);

	if (finding.kind === 'tag-dangling') {
		const plan = finding.digest === undefined ? undefined : planOf(finding);
		return {...finding, remedy: forTag, ...(plan?.complete ? {plan} : {})};
	}

	if (finding.remedy !== 'relink') {
		return finding;
	}

	const plan = planOf(finding);
	if (plan === undefined) {
		return {...finding, remedy: forTag};
	}

	if (plan.complete || gathered.fault.ofRepository) {
		return {...finding, plan};
	}

	const missing = gonePartsOf(plan);
	return {...finding, plan, missing, remedy: missing.length === 0 ? 'inspect' : 'rebuild'};
}

function findingOf({repository, tags, fault}: Gathered): Finding {
	const {kind, digest, via, platform, missing = [], since, detail} = fault;
	return {
		kind,
		repository,
		...defined({digest}),
		tags: [...tags].sort(),
		via,
		...defined({platform}),
		missing,
		remedy: remedies[kind],
		...(since === undefined ? {} : {since: isoTime(since)}),
		detail,
	};
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
