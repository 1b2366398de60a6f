import type {ImageCheck} from '../image/verdict.ts';

/**
 * The images that are worth remembering of any number of them: broken before unknown, then by name. Which ones stay does
 * not depend on the order they come in, so that the same faults make the same series in every run.
 */
export function createWorstImages(most: number) {
	let kept: ImageCheck[] = [];
	const trim = () => {
		kept = kept.sort(compare).slice(0, most);
	};

	return {
		add(check: ImageCheck): void {
			kept.push(check);
			// Not at each one: sorting costs.
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
