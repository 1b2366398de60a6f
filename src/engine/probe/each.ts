/** Several at a time take what is next, until there is nothing. The first rejection is thrown at once. */
export async function each<Item>(
	next: () => Promise<Item | undefined> | Item | undefined,
	atATime: number,
	work: (item: Item) => Promise<void>,
): Promise<void> {
	let isStopped = false;

	async function worker(): Promise<void> {
		try {
			for (let item = await next(); item !== undefined && !isStopped; item = await next()) {
				await work(item);
			}
		} catch (error) {
			isStopped = true;
			throw error;
		}
	}

	await Promise.all(Array.from({length: atATime}, worker));
}
