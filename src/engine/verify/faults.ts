import {defined} from '../../domain/defined.ts';
import type {Reason} from '../../domain/error-codes.ts';
import type {Fault, FaultKind} from '../../domain/image/fault.ts';
import type {Unchecked} from '../../domain/image/verdict.ts';
import type {UnservedAnswer} from '../ports/registry.ts';
import type {CheckedPart, Part} from './parts.ts';
import type {PlatformFilter} from './platform.ts';

/** The same answer means different things in different walks. */
export type WalkRules = {
	/** A cache may lack children and blobs. */
	isCache: boolean;
	/** The platforms that are meant to be there; absent: all. */
	meant?: readonly string[];
	platform?: PlatformFilter;
	/** Whether configs are read whole. */
	readsConfigs: boolean;
};

export function uncached(part: Part, status: number): CheckedPart {
	return {part, status, isUncached: true, below: []};
}

export function unserved(part: Part, {detail, status, failure}: UnservedAnswer): CheckedPart {
	return {...faulty(part, 'part-unserved', detail, status), failure};
}

export function faulty(part: Part, kind: FaultKind, detail: string, status?: number): CheckedPart {
	const {descriptor, via, platform} = part;
	const fault: Fault = {
		kind,
		digest: descriptor.digest,
		via,
		...defined({platform, status}),
		detail,
	};
	return {part, ...defined({status}), fault, below: []};
}

export function uncheckedOf({descriptor, via, platform}: Part, {code, message, hint}: Reason): Unchecked {
	return {digest: descriptor.digest, via, ...defined({platform}), code, message, hint};
}
