/** Runs at most `limit` at a time; answers in the order of the items. The first rejection stops the rest from starting. */
export async function mapBounded<Item, Result>(
	items: readonly Item[],
	limit: number,
	work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
	const results: Result[] = new Array(items.length);
	let next = 0;
	let isStopped = false;

	async function worker(): Promise<void> {
		while (next < items.length && !isStopped) {
			const place = next++;
			try {
				results[place] = await work(items[place]!);
			} catch (error) {
				isStopped = true;
				throw error;
			}
		}
	}

	await Promise.all(Array.from({length: Math.min(limit, items.length)}, worker));
	return results;
}
