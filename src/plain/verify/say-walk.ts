import {byteSize} from '../../domain/text/byte-size.ts';
import {sayDuration} from '../../domain/text/duration.ts';
import {count} from '../../domain/text/wording.ts';
import type {WalkProgress} from '../../engine/verify/progress.ts';

/** How far a walk is, on one line: what a person watches who waits for it. */
export function sayWalk(progress: WalkProgress | undefined, elapsedMs: number): string {
	const elapsed = sayDuration(elapsedMs);
	if (progress === undefined) {
		return `asking the registry, ${elapsed}`;
	}

	const {manifests, blobs, waiting, faults, bytes} = progress;
	return [
		`${manifests + blobs} of ${count(manifests + blobs + waiting, 'part')}`,
		...(bytes === undefined || bytes.total === 0 ? [] : [`${byteSize(bytes.done)} of ${byteSize(bytes.total)}`]),
		...(faults === 0 ? [] : [count(faults, 'fault')]),
		elapsed,
	].join(', ');
}
