import {wasDisturbed} from '../../domain/hold/hold.ts';
import {isImageOf} from '../../domain/plan/need.ts';
import type {Clock} from '../ports/clock.ts';
import {lookForCleaners} from '../scan/between-looks.ts';
import {withPinned} from './pinned.ts';
import type {findDamage, Scope} from './scope.ts';

/** The damage that was found to know which image an incident begins with: its first scope goes on from it. */
export type FoundBefore = {
	/** @returns it, once; undefined: it was taken before, or is too old */
	take(): {scope: Scope; ageMs: number} | undefined;
};

/** A person reads the first check before the scope. Each item looks at its own image anew, however old the plan is. */
const lastsMs = 2 * 60_000;

export function foundBefore(scope: Scope, {monotonic}: Pick<Clock, 'monotonic'>): FoundBefore {
	const found = monotonic();
	let left: Scope | undefined = scope;
	return {
		take() {
			const taken = left;
			const ageMs = monotonic() - found;
			left = undefined;
			return taken === undefined || ageMs > lastsMs ? undefined : {scope: taken, ageMs};
		},
	};
}

/**
 * What was found before, where that is all damage still: everything was read, the reported image is damaged, and no cleaner has worked
 * on the store since. Else all of it has to be read anew.
 */
export async function goOnFrom(
	found: FoundBefore | undefined,
	options: Parameters<typeof findDamage>[0],
): Promise<{scope: Scope; ageMs: number} | undefined> {
	const taken = found?.take();
	const {storage, registry, reported, rebuilt, clock, signal} = options;
	if (taken === undefined || reported === undefined || (rebuilt?.images.length ?? 0) > 0) {
		return undefined;
	}

	const {scope, ageMs} = taken;
	const isWhole = scope.gaps.length === 0 && scope.trouble === undefined;
	if (!isWhole || !scope.images.some(image => isImageOf(image, reported))) {
		return undefined;
	}

	const now = await withHoldNow(
		scope,
		storage && {storage, now: () => clock.now().getTime(), host: registry.host, signal},
	);
	const pinned = (await options.pinned) ?? [];
	return now && {scope: pinned.length > 0 ? await withPinned(now, pinned, options) : now, ageMs};
}

type Looking = Parameters<typeof lookForCleaners>[1] & {storage: Parameters<typeof lookForCleaners>[0]};

/** With what cleans the store next, as it is now. Undefined: a cleaner works on it, or has since. */
async function withHoldNow({disk, ...scope}: Scope, looking: Looking | undefined): Promise<Scope | undefined> {
	if (disk === undefined || looking === undefined) {
		return disk === undefined && looking === undefined ? scope : undefined;
	}

	const {scan, listing} = disk;
	const hold = await lookForCleaners(looking.storage, looking);
	return scan.hold === undefined || scan.provisional || wasDisturbed(scan.hold, hold)
		? undefined
		: {...scope, disk: {scan: {...scan, hold}, listing}};
}
