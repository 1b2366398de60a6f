import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {Worker} from 'node:worker_threads';
import type {FromWorker, ToWorker} from './messages.ts';

type Hears = (message: FromWorker) => void;

export type Thread = {
	tell(message: ToWorker, transfer?: ArrayBuffer[]): void;
	/** Messages about a layer go to it until it is forgotten. */
	listen(id: number, hears: Hears): void;
	forget(id: number): void;
};

/** A small young generation is collected often, and with it the pieces that zlib leaves behind. */
const resourceLimits = {maxYoungGenerationSizeMb: 2};

/** Workers, each started when it is first needed. A layer gets the one with the fewest. */
export function createThreads(most: number) {
	const threads: (Thread & {layers: () => number; end(): Promise<unknown>})[] = [];

	function start() {
		const worker = new Worker(program(), {execArgv: [], resourceLimits});
		const listeners = new Map<number, Hears>();
		const thread = {
			tell: (message: ToWorker, transfer: ArrayBuffer[] = []) => worker.postMessage(message, transfer),
			listen(id: number, hears: Hears) {
				listeners.set(id, hears);
				worker.ref();
			},
			forget(id: number) {
				listeners.delete(id);
				if (listeners.size === 0) {
					worker.unref();
				}
			},
			layers: () => listeners.size,
			end: () => worker.terminate(),
		};

		worker.on('message', (message: FromWorker) => listeners.get(message.id)?.(message));
		// It ran out of memory, or something is wrong with regmedic. The next layer gets another.
		worker.on('error', error => {
			threads.splice(threads.indexOf(thread), 1);
			for (const [id, hears] of [...listeners]) {
				hears({id, kind: 'failed', error});
			}
		});
		threads.push(thread);
		return thread;
	}

	return {
		next(): Thread {
			const idlest = threads.toSorted((a, b) => a.layers() - b.layers())[0];
			return idlest === undefined || (idlest.layers() > 0 && threads.length < most) ? start() : idlest;
		},

		async end(): Promise<void> {
			await Promise.all(threads.splice(0).map(thread => thread.end()));
		},
	};
}

/** The bundle has it beside the rest, under another name. */
function program(): string {
	const [bundled, source] = ['./unpack-worker.js', './worker.ts'].map(name =>
		fileURLToPath(new URL(name, import.meta.url)),
	);
	return existsSync(bundled!) ? bundled! : source!;
}
