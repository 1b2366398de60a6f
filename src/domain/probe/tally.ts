import type {Fault, FaultKind} from '../image/fault.ts';
import {createUnservedTally, isOnlyUnserved, withTrouble} from '../image/unserved.ts';
import type {ImageCheck} from '../image/verdict.ts';
import {mostGapsKept, mostImagesKept, mostOddNamesKept, type ProbeGap, type ProbeReport} from './probe.ts';

type Counts = Pick<
	ProbeReport,
	| 'repositories'
	| 'tags'
	| 'indexes'
	| 'sizeOnly'
	| 'notMeant'
	| 'warned'
	| 'failures'
	| 'unknown'
	| 'unfit'
	| 'faults'
	| 'images'
	| 'gaps'
	| 'odd'
>;

/** Counts of one repository while its tags are walked. */
export type RepositoryTally = {
	image(check: ImageCheck): void;
	/** `indexes`, `sizeOnly`: distinct ones in it. `isWhole`: all of its tags were checked. */
	end(seen: {indexes: number; sizeOnly: number; isWhole: boolean}): void;
};

/** Counts what a run finds, in bounded memory. */
export type ProbeTally = {
	repository(): RepositoryTally;
	/** @param unknown how many images or repositories the gap leaves unchecked */
	gap(gap: ProbeGap, unknown: number): void;
	/** A listed name that cannot be pulled. */
	odd(name: string): void;
	/** Once all images are walked: where the storage fails, no image is broken for what is not served. */
	settle(): void;
	/** What a check means by what is known of the other images so far. */
	settled(check: ImageCheck): ImageCheck;
	counts(): Omit<Counts, 'images'>;
	images(): ImageCheck[];
};

export function createProbeTally(): ProbeTally {
	const counts: Omit<Counts, 'images'> = {
		repositories: 0,
		tags: 0,
		indexes: 0,
		sizeOnly: 0,
		failures: 0,
		unknown: 0,
		unfit: 0,
		faults: {},
		gaps: [],
		odd: {count: 0, examples: []},
	};
	const worst = createWorstImages(mostImagesKept);
	const unserved = createUnservedTally();
	let onlyUnserved = 0;

	function settled(check: ImageCheck): ImageCheck {
		const trouble = unserved.trouble();
		return trouble === undefined ? check : withTrouble(check, trouble);
	}

	return {
		repository() {
			const faults = new Map<string, FaultKind>();
			return {
				image(check) {
					counts.tags++;
					unserved.add(check);
					onlyUnserved += Number(isOnlyUnserved(check));
					if (check.warnings !== undefined && check.verdict === 'intact') {
						counts.warned = (counts.warned ?? 0) + 1;
					}

					if (check.notMeant !== undefined) {
						counts.notMeant = (counts.notMeant ?? 0) + 1;
					}

					counts.failures += Number(check.verdict === 'broken');
					counts.unknown += Number(check.verdict === 'unknown');
					counts.unfit += Number(check.verdict === 'unknown' && check.unchecked.every(isUnfit));
					if (check.verdict !== 'intact') {
						worst.add(check);
					}

					for (const fault of check.faults) {
						faults.set(keyOf(fault, check), fault.kind);
					}
				},
				end({indexes, sizeOnly, isWhole}) {
					counts.repositories += Number(isWhole);
					counts.indexes += indexes;
					counts.sizeOnly += sizeOnly;
					for (const kind of faults.values()) {
						counts.faults[kind] = (counts.faults[kind] ?? 0) + 1;
					}
				},
			};
		},
		gap(gap, unknown) {
			counts.unknown += unknown;
			if (counts.gaps.length < mostGapsKept) {
				counts.gaps.push(gap);
			}
		},
		odd(name) {
			const {odd} = counts;
			odd.count++;
			if (odd.examples.length < mostOddNamesKept) {
				odd.examples.push(name);
			}
		},
		settle() {
			const trouble = unserved.trouble();
			if (trouble !== undefined) {
				counts.failures -= onlyUnserved;
				counts.unknown += onlyUnserved;
				delete counts.faults['part-unserved'];
				counts.gaps.unshift(trouble);
			}
		},
		counts: () => counts,
		settled,
		images: () => worst.list().map(settled),
	};
}

/** The image responded, and is in a form that is never checked. @see engine/verify/faults.ts and read-manifest.ts for the codes */
function isUnfit({code}: {code: string}): boolean {
	return code.startsWith('manifest.');
}

/** A digest at fault under two tags is one fault. */
function keyOf({kind, digest}: Fault, {reference}: ImageCheck): string {
	return `${kind} ${digest ?? reference}`;
}

/**
 * Keeps the worst images: broken before unknown, then by name. The order of arrival does not matter, so that the same faults
 * make the same series in every run.
 */
function createWorstImages(most: number) {
	let kept: ImageCheck[] = [];
	const trim = () => {
		kept = kept.sort(compare).slice(0, most);
	};

	return {
		add(check: ImageCheck): void {
			kept.push(check);
			// Sorting at every image would be slow.
			if (kept.length >= 2 * most) {
				trim();
			}
		},
		list(): ImageCheck[] {
			trim();
			return kept;
		},
	};
}

function compare(one: ImageCheck, other: ImageCheck): number {
	const first = Number(other.verdict === 'broken') - Number(one.verdict === 'broken');
	return first || (one.reference < other.reference ? -1 : one.reference > other.reference ? 1 : 0);
}
