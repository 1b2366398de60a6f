/**
 * Shares a listing among concurrent callers, but never one that began before the call: a tag that answers 404 may have been
 * deleted since. Callers that arrive during a listing share the next one.
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
