import type {BlobAnswer} from '../../../engine/ports/registry.ts';

/** What showed that a blob is present: its size, its last byte, or the hash of all bytes. */
type Proof = 'size' | 'last-byte' | 'hash';

/** What was found out about a blob. */
export type BlobFinding = Exclude<BlobAnswer, {state: 'present'}> | {state: 'present'; status: number; proof: Proof};

/** The response ended early, which is not yet called a fault. `isWhole`: it was to be the whole blob. */
type CutReading = {state: 'cut'; status: number; received: number; isWhole: boolean};

/** What one request shows. */
export type BlobReading = BlobFinding | CutReading;
