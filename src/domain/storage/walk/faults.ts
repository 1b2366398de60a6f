import type {Digest} from '../../image/digest.ts';
import type {FaultKind} from '../../image/fault.ts';
import type {RemedyKind} from '../../remedy/remedy.ts';
import {count} from '../../text/wording.ts';
import type {Finding, RelinkPlan} from '../finding.ts';
import {isoTime} from '../listing/times.ts';

/** One fault on the way down from a tag, before the tags that share it are put together. */
export type StorageFault = {
	kind: FaultKind;
	digest?: Digest;
	/** Told once for the whole repository, with all the tags it breaks. */
	ofRepository?: true;
	via: Digest[];
	platform?: string;
	missing?: Digest[];
	/** Where it is not what its kind calls for. */
	remedy?: RemedyKind;
	/** Seconds since 1970. */
	since?: number;
	detail: string;
};

/** A dangling tag is re-pointed or removed, which depends on its siblings; everything else follows from its kind. */
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
	'link-malformed': 'relink',
	'answers-differ': 'restart',
};

type Gathered = {repository: string; tags: Set<string>; fault: StorageFault};

export type Settling = {
	/** What helps against a tag that names nothing: that depends on the other tags of its repository. */
	remedyOfTag(repository: string): RemedyKind;
	/** What a relink would take; undefined: nobody knows what was meant. */
	planOf(finding: Finding): RelinkPlan | undefined;
};

/** Puts faults together: once per repository and digest, with all the tags that reach it. */
export class FindingList {
	readonly #gathered = new Map<string, Gathered>();

	add(repository: string, tags: readonly string[], fault: StorageFault): void {
		const key = `${repository}\n${fault.digest ?? (fault.ofRepository ? fault.kind : `tag ${tags.join()}`)}`;
		const before = this.#gathered.get(key);
		if (before === undefined) {
			this.#gathered.set(key, {repository, tags: new Set(tags), fault});
			return;
		}

		// A dangling tag that names a child of an index: to mend the child is to mend the tag.
		if (before.fault.kind === 'tag-dangling' && fault.kind !== 'tag-dangling') {
			before.fault = fault;
		}

		for (const tag of tags) {
			before.tags.add(tag);
		}
	}

	all(settling: Settling): Finding[] {
		return [...this.#gathered.values()]
			.map(gathered => settled(gathered, settling))
			.sort((a, b) => compare(a.repository, b.repository) || compare(a.tags[0] ?? '~', b.tags[0] ?? '~'));
	}
}

/** The remedy with its proof: a relink is only offered where everything it needs is on the disk. */
function settled(gathered: Gathered, {remedyOfTag, planOf}: Settling): Finding {
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

/** What a plan cannot get from this disk. */
export function gonePartsOf({parts}: RelinkPlan): Digest[] {
	const gone = parts.filter(({where}) => where === 'gone' || where === 'damaged');
	return [...new Set(gone.map(({digest}) => digest))];
}

/** `its link and 3 of its parts are gone`: what is 0 is left out. */
export function sayLoss(gone: number, damaged: number): string {
	const are = (number: number) => (number === 1 ? 'is' : 'are');
	if (damaged === 0) {
		return `its link and ${count(gone, 'part')} of it are gone`;
	}

	return gone === 0
		? `its link is gone, and ${count(damaged, 'part')} of it ${are(damaged)} damaged`
		: `its link and ${count(gone, 'part')} of it are gone, ${damaged} more ${are(damaged)} damaged`;
}

function findingOf({repository, tags, fault}: Gathered): Finding {
	const {kind, digest, via, platform, missing = [], since, detail, remedy = remedies[kind]} = fault;
	return {
		kind,
		repository,
		...(digest === undefined ? {} : {digest}),
		tags: [...tags].sort(),
		via,
		...(platform === undefined ? {} : {platform}),
		missing,
		remedy,
		...(since === undefined ? {} : {since: isoTime(since)}),
		detail,
	};
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
