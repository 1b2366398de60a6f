import {type ChildCheck, verdictOf} from '../../domain/image/verdict.ts';
import {keyOf, type Looked, type Part} from './needs.ts';

/** One row for a child, with everything below it taken together, also what it shares with other children. */
export function rowOf(child: Part, looked: ReadonlyMap<string, Looked>): ChildCheck {
	const below = reach(child, looked);
	const faults = below.flatMap(({fault}) => fault ?? []);
	const unchecked = below.flatMap(entry => entry.unchecked ?? []);
	const blobs = below.filter(({part, isUncached}) => part.need.role !== 'manifest' && !isUncached).length;
	const troubles = [...faults.map(({detail}) => detail), ...unchecked.map(({message}) => message)];
	const {platform, need} = child;
	const {status, isUncached} = looked.get(keyOf(child)) ?? {};

	return {
		digest: need.digest,
		...(platform === undefined ? {} : {platform}),
		verdict: verdictOf(faults, unchecked),
		...(status === undefined ? {} : {status}),
		blobs,
		detail: detailOf(troubles) ?? (isUncached ? 'not in the cache' : blobs === 1 ? '1 blob' : `${blobs} blobs`),
	};
}

function reach(child: Part, looked: ReadonlyMap<string, Looked>): Looked[] {
	const found = new Map<string, Looked>();
	const waiting = [child];

	for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
		const key = keyOf(part);
		const entry = looked.get(key);

		if (entry !== undefined && !found.has(key)) {
			found.set(key, entry);
			waiting.push(...entry.parts);
		}
	}

	return [...found.values()];
}

function detailOf([first, ...more]: string[]): string | undefined {
	return first === undefined || more.length === 0 ? first : `${first}, and ${more.length} more`;
}
