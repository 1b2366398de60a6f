/** Lets whoever carries out a step overhear the requests that are made meanwhile. */
export function createHearing() {
	const listeners = new Set<(line: string) => void>();
	return {
		tell(line: string): void {
			for (const listener of listeners) {
				listener(line);
			}
		},
		listen(listener: (line: string) => void): () => void {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
