import {setFlagsFromString} from 'node:v8';

/** How much the heap may grow over what is in use. Less takes noticeably more time, more takes noticeably more memory. */
const heapGrowthPercent = 40;

/**
 * V8 lets objects that died young lie until there are 64 MB of them, and old ones until they are several times what is in
 * use. A long run of small responses fills both, and so does the listing of a large store.
 *
 * Unlike --max-semi-space-size, which counts only when the process starts, these two flags are read at each collection: new
 * space stays as large as loading the program has made it, and old space is collected when it has grown by this much. Set
 * at the very start, new space would stay at twice 1 MB, and objects about to die would be promoted: half as much work again.
 * @see V8: src/heap/new-spaces.cc, SemiSpaceNewSpace::Grow; src/heap/heap-controller.cc, MemoryController::GrowingFactor
 */
export function keepHeapSmall(): void {
	setFlagsFromString('--semi-space-growth-factor=1');
	setFlagsFromString(`--heap-growing-percent=${heapGrowthPercent}`);
}
