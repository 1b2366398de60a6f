/** So many may work at a time; the others wait in a queue. */
export type Places = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function createPlaces(count: number): Places {
	const queue: (() => void)[] = [];
	let free = count;

	return async work => {
		if (free === 0) {
			await new Promise<void>(resolve => queue.push(resolve));
		} else {
			free--;
		}

		try {
			return await work();
		} finally {
			const next = queue.shift();
			if (next) {
				next();
			} else {
				free++;
			}
		}
	};
}
