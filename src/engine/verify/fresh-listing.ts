/**
 * Shares a listing among those who ask at about the same time, and never one that began before it was asked for: a tag that
 * answers 404 may have been deleted since. Who comes while one is under way gets the next, together with all others who do.
 */
export function createFreshListing<Names>(list: () => Promise<Names>): () => Promise<Names> {
	let underWay: Promise<Names> | undefined;
	let next: Promise<Names> | undefined;

	function begin(): Promise<Names> {
		const begun = list().finally(() => {
			if (underWay === begun) {
				underWay = undefined;
			}
		});
		underWay = begun;
		next = undefined;
		return begun;
	}

	return () => {
		if (underWay === undefined) {
			return begin();
		}

		next ??= underWay.then(begin, begin);
		return next;
	};
}
