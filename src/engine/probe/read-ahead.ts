/**
 * Fetches items before they are requested, but no more than `most` of them: so the listing is ahead of the work, and a list
 * of any length fits into memory. Several consumers may share it. An error of the source is thrown after the items before it.
 */
export async function* readAhead<Item>(source: AsyncIterable<Item>, most: number): AsyncGenerator<Item, void> {
	const waiting: Item[] = [];
	let isEnded = false;
	let isAbandoned = false;
	let changed = Promise.withResolvers<void>();
	const change = () => {
		changed.resolve();
		changed = Promise.withResolvers();
	};

	async function fetch(): Promise<void> {
		for await (const item of source) {
			waiting.push(item);
			change();
			while (waiting.length >= most && !isAbandoned) {
				await changed.promise;
			}

			if (isAbandoned) {
				return;
			}
		}
	}

	let failure: {error: unknown} | undefined;
	const fetching = fetch()
		.catch((error: unknown) => {
			failure = {error};
		})
		.finally(() => {
			isEnded = true;
			change();
		});

	try {
		while (waiting.length > 0 || !isEnded) {
			if (waiting.length === 0) {
				await changed.promise;
			} else {
				const item = waiting.shift()!;
				change();
				yield item;
			}
		}
	} finally {
		isAbandoned = true;
		change();
	}

	await fetching;
	if (failure) {
		throw failure.error;
	}
}
