import {asOperatorError} from '../../domain/errors.ts';
import {assessHold, type Hold, wasDisturbed} from '../../domain/hold/hold.ts';
import {sayProvisional} from '../../domain/hold/say-hold.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

type Looking = Waiting & {
	/** Milliseconds since 1970. */
	now: () => number;
	/** The registry of the store, as a reference names it. */
	host?: string | undefined;
};

type Host = Pick<Storage, 'maintenance' | 'hostNow'>;

/** What cleans the store now, and what will next. @throws OperatorError: the host cannot be asked */
export async function lookAtHost(storage: Host, {now, host, signal}: Looking): Promise<Hold> {
	const [maintenance, hostNow] = await Promise.all([storage.maintenance({signal}), storage.hostNow({signal})]);
	return assessHold(maintenance, hostNow, {host, looked: now()});
}

/** The same, where a host that cannot be asked is a gap. */
export async function lookForCleaners(storage: Host, looking: Looking): Promise<Hold> {
	const {now, signal} = looking;
	try {
		return await lookAtHost(storage, looking);
	} catch (error) {
		signal.throwIfAborted();
		const {message} = asOperatorError(error);
		return {looked: new Date(now()).toISOString(), running: [], next: [], gaps: [message]};
	}
}

/**
 * Looks for cleaners before and after a scan: what was read while one ran is provisional, and so is what was read while one
 * began. Then the scan is incomplete, and its first gap says why.
 */
export async function scanBetweenLooks<Found extends {scan: Scan}>(
	storage: Host,
	looking: Looking,
	scanNow: () => Promise<Found>,
): Promise<Found> {
	const before = await lookForCleaners(storage, looking);
	const found = await scanNow();
	const hold = await lookForCleaners(storage, looking);
	const {scan} = found;
	return wasDisturbed(before, hold)
		? {
				...found,
				scan: {...scan, hold, provisional: true, complete: false, gaps: [sayProvisional(before, hold), ...scan.gaps]},
			}
		: {...found, scan: {...scan, hold}};
}
