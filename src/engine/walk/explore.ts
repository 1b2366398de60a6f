import {mapBounded} from './bounded.ts';
import type {Look} from './look.ts';
import {keyOf, type Looked, type Part} from './parts.ts';

export type WalkProgress = {
	manifests: number;
	blobs: number;
	/** Known of and not yet looked at. */
	waiting: number;
	faults: number;
};

/** Level by level, so that what is found first does not depend on which answer is faster. */
export async function explore(
	top: Looked,
	{look, concurrency, onProgress}: {look: Look; concurrency: number; onProgress: (progress: WalkProgress) => void},
): Promise<Map<string, Looked>> {
	const looked = new Map([[keyOf(top.part), top]]);
	const progress = {manifests: 1, blobs: 0, waiting: 0, faults: top.fault ? 1 : 0};

	for (let level = unseen(top.parts, looked); level.length > 0; ) {
		progress.waiting = level.length;
		onProgress({...progress});

		const entries = await mapBounded(level, concurrency, async part => {
			const entry = await look(part);
			progress[part.role === 'manifest' ? 'manifests' : 'blobs']++;
			progress.waiting--;
			progress.faults += entry.fault ? 1 : 0;
			onProgress({...progress});
			return entry;
		});

		for (const entry of entries) {
			looked.set(keyOf(entry.part), entry);
		}

		level = unseen(
			entries.flatMap(({parts}) => parts),
			looked,
		);
	}

	return looked;
}

/** Each once, by the first way to it. */
function unseen(parts: readonly Part[], looked: ReadonlyMap<string, Looked>): Part[] {
	const first = new Map<string, Part>();

	for (const part of parts) {
		const key = keyOf(part);
		if (!looked.has(key) && !first.has(key)) {
			first.set(key, part);
		}
	}

	return [...first.values()];
}
