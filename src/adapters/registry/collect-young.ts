import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

/** Collecting takes about a millisecond. */
const everyBytes = 4 * 1024 * 1024;

let collect: ((options: {type: 'minor'}) => void) | undefined;

/**
 * Frees the buffers in which bytes arrived that are not needed any more. For V8 each is a few small objects, however long it is: it
 * leaves them until they are 64 MB and more.
 * @see V8 13.6 include/v8-internal.h, kExternalAllocationSoftLimit; src/extensions/gc-extension.cc: a context has `gc` where it is made
 * after --expose-gc
 * @returns is told how many bytes have arrived, each time
 */
export function createYoungCollector(): (bytes: number) => void {
	let since = 0;

	return bytes => {
		since += bytes;
		if (since >= everyBytes) {
			since = 0;
			collect ??= exposed();
			collect?.({type: 'minor'});
		}
	};
}

function exposed(): typeof collect {
	setFlagsFromString('--expose-gc');
	return runInNewContext('gc') as typeof collect;
}
