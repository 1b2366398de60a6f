import type {Maintenance} from '../../domain/audit/maintenance.ts';
import {defined} from '../../domain/defined.ts';
import {asOperatorError} from '../../domain/errors.ts';
import {assessHold, type Hold, wasDisturbed} from '../../domain/hold/hold.ts';
import type {HostNow} from '../../domain/hold/host-now.ts';
import {sayProvisional} from '../../domain/hold/say-hold.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';
import {createFreshListing} from '../verify/fresh-listing.ts';

type Looking = Waiting & {
	/** Milliseconds since 1970. */
	now: () => number;
	/** The registry of the store, as a reference names it. */
	host?: string | undefined;
	/** Called once it is known what runs; what is scheduled is still being read then. */
	onProcesses?: () => void;
	/** A look that ended at most this long ago, and found nothing at work, is enough; absent: it has to begin now. */
	enoughMs?: number;
};

type Host = Pick<Storage, 'maintenance' | 'hostNow'>;

/** Crontabs, timers and compose files change rarely, and a plan of ten items looks thirty times: they are read once a minute. */
const maintenanceLastsMs = 60_000;
/** By what is asked of a host: a storage that reads its files once is still the same host. */
const read = new WeakMap<Host['hostNow'], {at: number; maintenance: Maintenance}>();

async function maintenanceOf(storage: Host, {now, signal}: Looking, mayBeKnown: boolean): Promise<Maintenance> {
	const known = mayBeKnown ? read.get(storage.hostNow) : undefined;
	const at = now();
	if (known !== undefined && at >= known.at && at - known.at < maintenanceLastsMs) {
		return known.maintenance;
	}

	const maintenance = await storage.maintenance({signal});
	read.set(storage.hostNow, {at, maintenance});
	return maintenance;
}

/** The last look that read also what the host will start, and when that was. */
const seen = new WeakMap<Host['hostNow'], {at: number; whole: HostNow}>();

async function hostNowOf(storage: Host, {now, onProcesses, signal}: Looking, mayBeKnown: boolean): Promise<HostNow> {
	const options = {signal, ...defined({onProcesses})};
	const before = mayBeKnown ? seen.get(storage.hostNow) : undefined;
	const at = now();
	if (before !== undefined && at >= before.at && at - before.at < maintenanceLastsMs) {
		return storage.hostNow({...options, known: before.whole});
	}

	const whole = await storage.hostNow(options);
	seen.set(storage.hostNow, {at, whole});
	return whole;
}

/** What cleans the store now, and what will next. @throws OperatorError: the host cannot be asked */
export function lookAtHost(storage: Host, looking: Looking): Promise<Hold> {
	return look(storage, looking, false);
}

async function look(storage: Host, looking: Looking, mayBeKnown: boolean): Promise<Hold> {
	const {now, host, onProcesses} = looking;
	let looked: number | undefined;
	const note = () => {
		if (looked === undefined) {
			looked = now();
			onProcesses?.();
		}
	};
	const [maintenance, hostNow] = await Promise.all([
		maintenanceOf(storage, looking, mayBeKnown),
		hostNowOf(storage, {...looking, onProcesses: note}, mayBeKnown).finally(note),
	]);
	return assessHold(maintenance, hostNow, {host, looked: looked ?? now()});
}

/** Who waits for a look at a host, by its storage. */
type SharedLook = {latest: Looking; next(): Promise<Hold>};
const waiting = new WeakMap<Host, SharedLook>();

/** The last look at a host that found nothing at work. */
const quiet = new WeakMap<Host['hostNow'], {ended: number; hold: Hold}>();

/**
 * What runs now; what is scheduled may have been read up to a minute ago. A host that cannot be asked is a gap. Items of a plan that
 * ask while a look is under way share the next one, which begins after all of them asked.
 */
export async function lookForCleaners(storage: Host, looking: Looking): Promise<Hold> {
	const before = quiet.get(storage.hostNow);
	const age = looking.now() - (before?.ended ?? 0);
	if (before !== undefined && age >= 0 && age < (looking.enoughMs ?? 0)) {
		return before.hold;
	}

	return noteQuiet(storage, looking, await lookTogether(storage, looking));
}

function noteQuiet(storage: Host, looking: Looking, hold: Hold): Hold {
	if (hold.running.length > 0 || hold.gaps.length > 0) {
		quiet.delete(storage.hostNow);
	} else {
		quiet.set(storage.hostNow, {ended: looking.now(), hold});
	}

	return hold;
}

async function lookTogether(storage: Host, looking: Looking): Promise<Hold> {
	const known = waiting.get(storage);
	if (known !== undefined) {
		known.latest = looking;
	}

	const shared = known ?? share(storage, looking);
	try {
		return await shared.next();
	} catch {
		// It was called off by who asked last.
		looking.signal.throwIfAborted();
		return lookOrGap(storage, looking);
	}
}

function share(storage: Host, looking: Looking): SharedLook {
	const entry: SharedLook = {latest: looking, next: createFreshListing(() => lookOrGap(storage, entry.latest))};
	waiting.set(storage, entry);
	return entry;
}

async function lookOrGap(storage: Host, looking: Looking): Promise<Hold> {
	const {now, signal} = looking;
	try {
		return await look(storage, looking, true);
	} catch (error) {
		signal.throwIfAborted();
		const {message} = asOperatorError(error);
		return {looked: new Date(now()).toISOString(), running: [], next: [], gaps: [message]};
	}
}

/**
 * Looks for cleaners before and after a scan: what was read while one ran is provisional, and so is what was read while one
 * began. Then the scan is incomplete, and its first gap says why. The scan begins once it is known what runs; what is scheduled
 * is read beside it.
 * @param weigh what is asked about a scan that has read the disk to its end, beside the second look
 */
export async function scanBetweenLooks<Read extends {scan: Scan}, Weighed extends {scan: Scan}>(
	storage: Host,
	looking: Looking,
	scanNow: () => Promise<Read>,
	weigh: (read: Read) => Promise<Weighed>,
): Promise<Weighed> {
	const failed = new AbortController();
	const signal = AbortSignal.any([looking.signal, failed.signal]);
	try {
		const known = Promise.withResolvers<void>();
		const first = {...looking, signal, onProcesses: known.resolve};
		const beforeScan = lookOrGap(storage, first).then(hold => noteQuiet(storage, first, hold));
		const scanning = Promise.race([known.promise, beforeScan]).then(() => {
			// Whoever looked has left meanwhile.
			signal.throwIfAborted();
			return scanNow();
		});
		const [before, read] = await Promise.all([beforeScan, scanning]);
		const [hold, found] = await Promise.all([lookForCleaners(storage, {...looking, signal}), weigh(read)]);
		const {scan} = found;
		return wasDisturbed(before, hold)
			? {
					...found,
					scan: {...scan, hold, provisional: true, complete: false, gaps: [sayProvisional(before, hold), ...scan.gaps]},
				}
			: {...found, scan: {...scan, hold}};
	} catch (error) {
		// Nobody waits for the other half any more.
		failed.abort(error);
		throw error;
	}
}
