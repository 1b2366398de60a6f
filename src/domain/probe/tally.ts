import type {Fault, FaultKind} from '../image/fault.ts';
import type {ImageCheck} from '../image/verdict.ts';
import {mostGapsKept, mostImagesKept, mostOddNamesKept, type ProbeGap, type ProbeReport} from './probe.ts';
import {createWorstImages} from './worst-images.ts';

type Counts = Pick<
	ProbeReport,
	'repositories' | 'tags' | 'indexes' | 'failures' | 'unknown' | 'unfit' | 'faults' | 'images' | 'gaps' | 'odd'
>;

/** Counts of one repository while its tags are walked. */
export type RepositoryTally = {
	image(check: ImageCheck): void;
	/** `indexes`: distinct ones met in it. `isWhole`: none of its tags was left out. */
	end(seen: {indexes: number; isWhole: boolean}): void;
};

/** What a run has found so far, in bounded memory. */
export type ProbeTally = {
	repository(): RepositoryTally;
	/** @param unknown how many images, or repositories, that means */
	gap(gap: ProbeGap, unknown: number): void;
	/** A name that nobody can pull by. */
	odd(name: string): void;
	counts(): Omit<Counts, 'images'>;
	images(): ImageCheck[];
};

export function createProbeTally(): ProbeTally {
	const counts: Omit<Counts, 'images'> = {
		repositories: 0,
		tags: 0,
		indexes: 0,
		failures: 0,
		unknown: 0,
		unfit: 0,
		faults: {},
		gaps: [],
		odd: {count: 0, examples: []},
	};
	const worst = createWorstImages(mostImagesKept);

	return {
		repository() {
			const faults = new Map<string, FaultKind>();
			return {
				image(check) {
					counts.tags++;
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
				end({indexes, isWhole}) {
					counts.repositories += Number(isWhole);
					counts.indexes += indexes;
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
		counts: () => counts,
		images: () => worst.list(),
	};
}

/** @see engine/walk/place.ts and read-manifest.ts, which name these */
function isUnfit({code}: {code: string}): boolean {
	return code.startsWith('manifest.');
}

/** The same digest under two tags is one fault. */
function keyOf({kind, digest}: Fault, {reference}: ImageCheck): string {
	return `${kind} ${digest ?? reference}`;
}
