/**
 * The same items, fetched before they are asked for, no more than `most` of them: whoever lists is ahead of whoever works,
 * and yet a list of any length fits into memory. Several may ask at once.
 * What goes wrong in the source is thrown after the items before it.
 */
export async function* readAhead<Item>(source: AsyncIterable<Item>, most: number): AsyncGenerator<Item, void> {
	const waiting: Item[] = [];
	let isEnded = false;
	let isLeft = false;
	let changed = Promise.withResolvers<void>();
	const change = () => {
		changed.resolve();
		changed = Promise.withResolvers();
	};

	async function fetch(): Promise<void> {
		for await (const item of source) {
			waiting.push(item);
			change();
			while (waiting.length >= most && !isLeft) {
				await changed.promise;
			}

			if (isLeft) {
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
		isLeft = true;
		change();
	}

	await fetching;
	if (failure) {
		throw failure.error;
	}
}
