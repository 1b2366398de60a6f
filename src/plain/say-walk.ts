import {sayDuration} from '../domain/duration.ts';
import {count} from '../domain/wording.ts';
import type {WalkProgress} from '../engine/walk/progress.ts';

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** How far a walk is, on one line: what a person watches who waits for it. */
export function sayWalk(progress: WalkProgress | undefined, elapsedMs: number): string {
	const elapsed = sayDuration(elapsedMs);
	if (progress === undefined) {
		return `asking the registry, ${elapsed}`;
	}

	const {manifests, blobs, waiting, faults, bytes} = progress;
	return [
		`${manifests + blobs} of ${count(manifests + blobs + waiting, 'part')}`,
		...(bytes === undefined || bytes.total === 0 ? [] : [`${sayBytes(bytes.done)} of ${sayBytes(bytes.total)}`]),
		...(faults === 0 ? [] : [count(faults, 'fault')]),
		elapsed,
	].join(', ');
}

function sayBytes(bytes: number): string {
	const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
	return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}
