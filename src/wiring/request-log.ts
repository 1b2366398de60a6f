import {AsyncLocalStorage} from 'node:async_hooks';
import type {RequestLog} from '../engine/actions/action.ts';

/** A step listens to the requests that are made while it runs, without those of work that has a listener of its own. */
export function createRequestLog(): RequestLog & {add(line: string): void} {
	const listeners = new Set<(line: string) => void>();
	const apart = new AsyncLocalStorage<(line: string) => void>();
	return {
		add(line) {
			const own = apart.getStore();
			for (const listener of own === undefined ? listeners : [own]) {
				listener(line);
			}
		},
		overhear(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		apart: (listener, work) => apart.run(listener, work),
	};
}
