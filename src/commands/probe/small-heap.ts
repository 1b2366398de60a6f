import {setFlagsFromString} from 'node:v8';

/** Of what is in use. Less takes noticeably more time, more takes noticeably more memory. */
const growthPercent = 40;

/**
 * V8 lets what died young lie until 64 MB of it are there, and what died old until it is several times what is in use. A long
 * run of small answers fills both, however little of it is still in use.
 *
 * Unlike --max-semi-space-size, which counts only when the process starts, these two are read at each collection: new space
 * stays as large as loading the program has made it, and old space is collected when it has grown by this much. Called at
 * the very start, new space would stay at twice 1 MB, and what is about to die would be promoted: half as much work again.
 * @see V8: src/heap/new-spaces.cc, SemiSpaceNewSpace::Grow; src/heap/heap-controller.cc, MemoryController::GrowingFactor
 */
export function keepHeapSmall(): void {
	setFlagsFromString('--semi-space-growth-factor=1');
	setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
}
