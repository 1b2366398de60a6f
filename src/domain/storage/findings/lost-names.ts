import {defined} from '../../defined.ts';
import {shortDigest} from '../../image/digest.ts';
import type {Inventory} from '../../inventory/inventory.ts';
import {sayTime} from '../../text/time.ts';
import {count} from '../../text/wording.ts';
import {parentFolder} from '../listing/paths.ts';
import {isoTime} from '../listing/times.ts';
import {type Asked, judgeUnlinked} from '../unlinked/judge.ts';
import {describeUnlinked} from '../unlinked/unlinked-image.ts';
import type {Vanished} from '../unlinked/witness.ts';
import type {StorageFault} from '../walk/faults.ts';
import type {StorageGraph} from '../walk/graph.ts';
import {gonePartsOf, planBelow} from '../walk/relink-plan.ts';
import {type SetBack, tagsSetBack} from '../walk/set-back.ts';

type NamedFault = {repository: string; tags: string[]; fault: StorageFault};

/** Images that are on the disk, and whose name is gone or names another. */
type LostNames = {
	faults: NamedFault[];
	/** Images that no repository has, and that nobody misses. */
	leftovers: number;
	setBack: SetBack[];
	vanished: Vanished[];
};

export function findLostNames(graph: StorageGraph, {witness, asked}: {witness?: Inventory; asked?: Asked}): LostNames {
	const setBack = tagsSetBack(graph, witness);
	const {vanished, leftovers} = judgeUnlinked(graph, defined({witness, asked}));
	const faults = [
		...setBack.map(each => ({repository: each.repository, tags: [each.tag], fault: setBackFault(graph, each)})),
		...vanished.map(each => ({repository: each.repository, tags: each.tags, fault: vanishedFault(graph, each)})),
	];
	return {faults, leftovers, setBack, vanished};
}

function setBackFault(graph: StorageGraph, {repository, tag, digest, set, later}: SetBack): StorageFault {
	const past = later.map(({digest: of, named}) => ({
		tag,
		digest: of,
		named,
		plan: planBelow(graph, repository, [of]),
	}));
	const [newest, second] = later;
	const isOne = second === undefined || Math.floor(newest!.named) > Math.floor(second.named);
	const names = (isOne ? [newest!] : later).map(({digest: of, named, by}) => {
		const witness = by === 'inventory' ? ', as a probe saw it' : '';
		return `${shortDigest(of)} (${sayTime(isoTime(named))}${witness})`;
	});
	return {
		kind: 'tag-set-back',
		digest,
		via: [],
		detail: `it names ${shortDigest(digest)} (set ${sayTime(isoTime(set))}), and named later ${names.join(' or ')}`,
		later: past.filter(({plan}) => plan.complete),
	};
}

function vanishedFault(graph: StorageGraph, {repository, digest, seen}: Vanished): StorageFault {
	const gone = gonePartsOf(planBelow(graph, repository, [digest]));
	const witness = seen === undefined ? '' : `; a probe saw it last on ${sayTime(seen)}`;
	const whole = gone.length === 0 ? 'every part of it is on disk' : `${count(gone.length, 'part')} of it gone`;
	const isElsewhere = [...graph.listing.repositories.values()].some(({revisions}) => revisions.has(digest));
	const end = isElsewhere
		? 'another repository has the same image'
		: 'the next garbage collection deletes it, a plain one too';
	return {
		kind: 'repository-vanished',
		digest,
		via: [],
		...defined({since: repository === '' ? undefined : goneBy(graph, repository)}),
		detail: `${repository === '' ? 'no repository links it' : 'its repository is gone'}${witness}; ${whole}; ${end}`,
		is: describeUnlinked(graph, digest),
	};
}

/** The time of the folder from which the repository, or what held it, was deleted. */
function goneBy({listing: {folders}}: StorageGraph, repository: string): number | undefined {
	let folder = `repositories/${repository}`;
	while (folder !== '' && folders?.has(folder) !== true) {
		folder = parentFolder(folder);
	}

	return folders?.get(folder);
}
