import {isIndexType} from './media-type.ts';
import type {ImageCheck} from './verdict.ts';

/**
 * The platforms of a checked index: attestations, and platforms that are absent on purpose, left out. Undefined: it is no index, or
 * does not name the platform of each child.
 */
export function platformsIn({mediaType, children}: ImageCheck): string[] | undefined {
	const pulled = children.filter(({platform, absent}) => platform !== 'attestation' && !absent);
	const names = new Set(pulled.flatMap(({platform}) => platform ?? []));
	return isIndexType(mediaType) && names.size > 0 && pulled.every(({platform}) => platform !== undefined)
		? [...names]
		: undefined;
}
