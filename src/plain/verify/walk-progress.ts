import {sayDuration} from '../../domain/text/time.ts';
import {byteSize, count} from '../../domain/text/wording.ts';
import type {WalkProgress} from '../../engine/verify/walk-parts.ts';
import {type ProgressTerminal, showStatusLine} from '../layout/status-line.ts';

/** Shows how far the walk of one image is, on the status line of a terminal. */
export function showWalkProgress(image: string, {terminal, talk, monotonic}: ProgressTerminal) {
	const startedAt = monotonic();
	let latest: WalkProgress | undefined;
	const line = showStatusLine(terminal, talk, () => `${image}: ${sayWalkProgress(latest, monotonic() - startedAt)}`);
	return {
		update(progress: WalkProgress): void {
			latest = progress;
		},
		stop: line.clear,
	};
}

/** `12 of 40 parts, 3.1 MiB of 9 MiB, 1 fault, 4.2 s` */
function sayWalkProgress(progress: WalkProgress | undefined, elapsedMs: number): string {
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
