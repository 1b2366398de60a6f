import {defined} from '../../defined.ts';
import type {FaultKind} from '../../image/fault.ts';
import type {RemedyKind} from '../../remedy/remedy.ts';
import {isoTime} from '../listing/times.ts';
import type {StorageFault} from '../walk/faults.ts';
import type {PastImage} from '../walk/history.ts';
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
	'type-mismatch': 'rebuild',
	'config-unreadable': 'rebuild',
	'diffid-mismatch': 'rebuild',
	'layer-unreadable': 'rebuild',
	'size-wrong': 'rebuild',
	'part-unserved': 'inspect',
	'platform-missing': 'rebuild',
	'link-malformed': 'relink',
	'answers-differ': 'restart',
	'repository-vanished': 'relink',
	'tag-set-back': 're-point',
};

type Gathered = {repository: string; tags: Set<string>; fault: StorageFault; isAsked: boolean};

export type RemedyRules = {
	/** What helps against a tag that resolves to nothing: it depends on the other tags of its repository. */
	remedyOfTag(finding: Finding): RemedyKind;
	/** What a relink would take; undefined where it is not known what the link pointed to. */
	planOf(finding: Finding): RelinkPlan | undefined;
	/** What the tags of a finding can be set back to: for each tag the newest first. */
	historyOf(finding: Finding): PastImage[];
	timeOf(seconds: number): string | undefined;
	/** What has to be moved aside before the remedy can work. */
	asideOf(finding: Finding): NonNullable<Finding['aside']>;
};

/** Merges faults into findings: one a repository and digest, with all the tags that reach it. */
export class FindingList {
	readonly #gathered = new Map<string, Gathered>();

	/** @param isAsked it damages the digest that was asked for */
	add(repository: string, tags: readonly string[], fault: StorageFault, isAsked = false): void {
		const key = `${repository}\n${keyOf(fault, tags)}`;
		const before = this.#gathered.get(key);
		if (before === undefined) {
			this.#gathered.set(key, {repository, tags: new Set(tags), fault, isAsked});
			return;
		}

		// A dangling tag of a manifest that is also a child of an index: repairing the child repairs the tag.
		// What was asked for has vanished with its repository.
		const isMore = fault.kind === 'repository-vanished';
		if ((before.fault.kind === 'tag-dangling' && fault.kind !== 'tag-dangling') || isMore) {
			before.fault = fault;
		}

		before.isAsked ||= isAsked;
		for (const tag of tags) {
			before.tags.add(tag);
		}
	}

	all(rules: RemedyRules): Finding[] {
		return [...this.#gathered.values()]
			.map(gathered => settled(gathered, rules))
			.sort((a, b) => compareNames(a.repository, b.repository) || compare(a.tags[0] ?? '~', b.tags[0] ?? '~'));
	}
}

/** A tag that was set back is pulled whole: whatever damages the image that it names is another finding. */
function keyOf({kind, digest, ofRepository}: StorageFault, tags: readonly string[]): string {
	const ofTags = `tag ${tags.join()}`;
	return kind === 'tag-set-back' ? `${kind} ${ofTags}` : (digest ?? (ofRepository ? kind : ofTags));
}

function settled(gathered: Gathered, rules: RemedyRules): Finding {
	const finding = withRemedy(findingOf(gathered), gathered.fault, rules);
	const aside = rules.asideOf(finding);
	return aside.length === 0 ? finding : {...finding, aside};
}

type Way = Pick<StorageFault, 'ofRepository' | 'later'>;

/** Chooses the remedy: a relink only where the disk has everything that it needs. */
function withRemedy(finding: Finding, {ofRepository, later}: Way, rules: RemedyRules): Finding {
	if (finding.kind === 'tag-set-back') {
		return later?.length ? {...finding, history: historyOf(later, rules)} : {...finding, remedy: 'inspect'};
	}

	const isOfRepository = ofRepository === true;
	if (finding.kind !== 'tag-dangling' && finding.remedy !== 'relink') {
		return finding;
	}

	const isOfTag = finding.kind === 'tag-dangling' || (finding.digest === undefined && !isOfRepository);
	const plan = finding.kind === 'tag-dangling' && finding.digest === undefined ? undefined : rules.planOf(finding);
	if (finding.repository === '' && plan !== undefined) {
		// Where to link it, only a person can tell.
		return {...finding, plan, missing: gonePartsOf(plan), remedy: 'inspect'};
	}

	if (plan?.complete || (plan !== undefined && isOfRepository)) {
		return {...finding, remedy: 'relink', plan};
	}

	const past = isOfTag ? rules.historyOf(finding) : [];
	if (past.length > 0) {
		return withHistory(finding, past, rules);
	}

	const missing = plan === undefined ? [] : gonePartsOf(plan).filter(digest => digest !== finding.digest);
	if (finding.kind === 'tag-dangling' || plan === undefined) {
		return {...finding, missing, remedy: rules.remedyOfTag(finding)};
	}

	return {...finding, plan, missing, remedy: missing.length === 0 ? 'inspect' : 'rebuild'};
}

/**
 * A past image that is not linked as it was is relinked, with its tag; any other only needs the tag. Where it is known what the
 * tag names now, an older image is no repair of it.
 */
function withHistory(finding: Finding, past: readonly PastImage[], rules: RemedyRules): Finding {
	const history = historyOf(past, rules);
	const [newest, second] = past;
	const isNewest = second === undefined || Math.floor(newest!.named) > Math.floor(second.named);
	const isLinked = newest!.plan.parts.every(({where}) => where === 'linked');
	return finding.digest === undefined && finding.tags.length === 1 && isNewest && !isLinked
		? {...finding, remedy: 'relink', plan: {...newest!.plan, retag: finding.tags}, history}
		: {...finding, remedy: rules.remedyOfTag({...finding, history}), history};
}

function historyOf(past: readonly PastImage[], rules: RemedyRules): NonNullable<Finding['history']> {
	return past.map(({tag, digest, named}) => ({tag, digest, ...defined({named: rules.timeOf(named)})}));
}

function findingOf({repository, tags, fault, isAsked}: Gathered): Finding {
	const {kind, digest, via, platform, missing = [], since, detail, is} = fault;
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
		...defined({is}),
		...(isAsked ? {asked: true} : {}),
	};
}

/** What has no name comes last. */
function compareNames(a: string, b: string): number {
	return Number(a === '') - Number(b === '') || compare(a, b);
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
