import type {Looked, Part} from './needs.ts';

export type WalkProgress = {
	manifests: number;
	blobs: number;
	/** Known of and not yet looked at. */
	waiting: number;
	faults: number;
	/** Of the blobs known of so far, where they are read whole. */
	bytes?: {done: number; total: number};
};

export type Told = {
	/** Parts that are now known of. */
	found(parts: readonly Part[]): void;
	received(part: Part, count: number): void;
	looked(entry: Looked): void;
};

/** Adds up what one walk has done. A part that is asked for twice counts its bytes once. */
export function tellProgress(onProgress: (progress: WalkProgress) => void, countsBytes: boolean): Told {
	const sum = {manifests: 0, blobs: 0, waiting: 0, faults: 0};
	const bytes = {done: 0, total: 0};
	const received = new Map<Part, number>();
	const tell = () => onProgress({...sum, ...(countsBytes ? {bytes: {...bytes}} : {})});

	function count(part: Part, upTo: number): void {
		const until = Math.min(part.need.size, upTo);
		bytes.done += Math.max(0, until - (received.get(part) ?? 0));
		received.set(part, Math.max(until, received.get(part) ?? 0));
	}

	return {
		found(parts) {
			sum.waiting = parts.length;
			for (const {need} of parts) {
				bytes.total += need.role === 'manifest' ? 0 : need.size;
			}

			tell();
		},
		received(part, more) {
			count(part, (received.get(part) ?? 0) + more);
			tell();
		},
		looked({part, fault}) {
			if (part.need.role === 'manifest') {
				sum.manifests++;
			} else {
				sum.blobs++;
				count(part, part.need.size);
				received.delete(part);
			}

			sum.waiting = Math.max(0, sum.waiting - 1);
			sum.faults += fault ? 1 : 0;
			tell();
		},
	};
}
