import type {CheckedPart, Part} from './parts.ts';

export type WalkProgress = {
	manifests: number;
	blobs: number;
	/** Parts that are known and not checked yet. */
	waiting: number;
	faults: number;
	/** Of the blobs known so far, where they are read whole. */
	bytes?: {done: number; total: number};
};

/** Follows one walk. */
export type WalkObserver = {
	/** The parts of the next level. */
	found(parts: readonly Part[]): void;
	/** More bytes of a blob have arrived. */
	received(part: Part, count: number): void;
	checked(entry: CheckedPart): void;
};

/** Adds up the progress of one walk. Bytes of a part that is requested twice count once. */
export function countProgress(onProgress: (progress: WalkProgress) => void, countsBytes: boolean): WalkObserver {
	const sum = {manifests: 0, blobs: 0, waiting: 0, faults: 0};
	const bytes = {done: 0, total: 0};
	const received = new Map<Part, number>();
	const report = () => onProgress({...sum, ...(countsBytes ? {bytes: {...bytes}} : {})});

	function count(part: Part, upTo: number): void {
		const until = Math.min(part.descriptor.size, upTo);
		bytes.done += Math.max(0, until - (received.get(part) ?? 0));
		received.set(part, Math.max(until, received.get(part) ?? 0));
	}

	return {
		found(parts) {
			sum.waiting = parts.length;
			for (const {descriptor} of parts) {
				bytes.total += descriptor.role === 'manifest' ? 0 : descriptor.size;
			}

			report();
		},
		received(part, more) {
			count(part, (received.get(part) ?? 0) + more);
			report();
		},
		checked({part, fault}) {
			if (part.descriptor.role === 'manifest') {
				sum.manifests++;
			} else {
				sum.blobs++;
				count(part, part.descriptor.size);
				received.delete(part);
			}

			sum.waiting = Math.max(0, sum.waiting - 1);
			sum.faults += fault ? 1 : 0;
			report();
		},
	};
}
