import {uncheckedOf} from './faults.ts';
import type {CheckedPart} from './parts.ts';

/**
 * A part that the registry fails on each time is what fails only where its neighbours are served: then nobody can pull it. For
 * a 500 only neighbours of the same kind count, because manifests and blobs may lie in different storages.
 */
export function weighUnserved(checked: Map<string, CheckedPart>): Map<string, CheckedPart> {
	const served = [...checked.values()].filter(({fault, unchecked}) => fault === undefined && unchecked === undefined);

	for (const [key, {failure, fault, ...entry}] of checked) {
		const isPromised = (entry.status ?? 500) < 500;
		if (failure !== undefined && !served.some(({part}) => isPromised || isBlob(part) === isBlob(entry.part))) {
			checked.set(key, {...entry, unchecked: uncheckedOf(entry.part, failure)});
		}
	}

	return checked;
}

function isBlob({descriptor}: CheckedPart['part']): boolean {
	return descriptor.role !== 'manifest';
}
