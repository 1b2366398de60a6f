import {availableParallelism} from 'node:os';
import {digestAlgorithm} from '../../domain/image/digest.ts';
import type {UnpackedLayer} from '../../domain/image/layer/unpacked.ts';
import type {LayerUnpacking, Unpacker} from '../../engine/ports/unpacker.ts';
import type {FromWorker} from './messages.ts';
import {createThreads, type Thread} from './threads.ts';
import type {LayerToUnpack} from './unpack-layer.ts';

/** Pieces of a download are handed over together. Bytes. */
const bundleSize = 256 * 1024;
/** A layer waits while this much of it is with its thread. */
const mostAhead = 1024 * 1024;

export function createUnpacker({threads: most = availableParallelism()}: {threads?: number} = {}): Unpacker {
	const threads = createThreads(most);
	let nextId = 0;

	return {
		open({mediaType, digest}) {
			const layer = {...(mediaType === undefined ? {} : {mediaType}), algorithm: digestAlgorithm(digest)};
			return openOn(threads.next(), layer, () => nextId++);
		},
		close: threads.end,
	};
}

function openOn(thread: Thread, layer: LayerToUnpack, newId: () => number): LayerUnpacking {
	let id = newId();
	/** Memory is used again: what waits for the garbage collection would be as long as the layer. */
	const spare: Uint8Array<ArrayBuffer>[] = [];
	let bundle = new Uint8Array(bundleSize);
	let filled = 0;
	let ahead = 0;
	const {promise: result, resolve, reject} = Promise.withResolvers<UnpackedLayer>();
	let room: {promise: Promise<void>; resolve: () => void} | undefined;
	// Who only writes hears of a failure when it ends the layer.
	result.catch(() => {});
	begin();

	function begin(): void {
		thread.listen(id, hear);
		thread.tell({id, kind: 'open', layer});
	}

	function hear(message: FromWorker): void {
		if (message.kind === 'took') {
			ahead -= message.bytes;
			spare.push(new Uint8Array(message.buffer));
			giveRoom(ahead <= mostAhead / 2);
		} else {
			thread.forget(id);
			giveRoom(true);
			if (message.kind === 'done') {
				resolve(message.layer);
			} else {
				reject(message.error);
			}
		}
	}

	function giveRoom(isFree: boolean): void {
		if (isFree) {
			room?.resolve();
			room = undefined;
		}
	}

	function send(): void {
		if (filled > 0) {
			const chunk = bundle.subarray(0, filled);
			ahead += filled;
			thread.tell({id, kind: 'write', chunk}, [bundle.buffer]);
			bundle = spare.pop() ?? new Uint8Array(bundleSize);
			filled = 0;
		}
	}

	function leave(): void {
		thread.tell({id, kind: 'close'});
		thread.forget(id);
		filled = 0;
		ahead = 0;
		giveRoom(true);
	}

	return {
		write(chunk) {
			for (let at = 0; at < chunk.length; ) {
				const part = chunk.subarray(at, at + bundleSize - filled);
				bundle.set(part, filled);
				filled += part.length;
				at += part.length;
				if (filled === bundleSize) {
					send();
				}
			}

			if (ahead < mostAhead) {
				return undefined;
			}

			room ??= Promise.withResolvers<void>();
			return room.promise;
		},

		restart() {
			leave();
			id = newId();
			begin();
		},

		end() {
			send();
			thread.tell({id, kind: 'end'});
			return result;
		},

		close() {
			leave();
			reject(new DOMException('The layer was closed.', 'AbortError'));
		},
	};
}
