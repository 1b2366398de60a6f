import {defined} from '../../domain/defined.ts';
import {asOperatorError, type OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {MeantPlatforms} from '../../domain/image/meant-platforms.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import {lastNamed} from '../../domain/inventory/history.ts';
import type {Inventory} from '../../domain/inventory/inventory.ts';
import {assess} from '../../domain/storage/findings/assess.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import {blobsOfOtherSize, blobsToHash, type HashedBlob} from '../../domain/storage/findings/hashing.ts';
import {confirm, pathsToRecheck} from '../../domain/storage/findings/recheck.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import type {Asked} from '../../domain/storage/unlinked/judge.ts';
import type {HashAnswer, Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

/** How often hashing that was cut off is continued, as long as each attempt hashes something. */
const mostCuts = 5;
/** What a scan without `hash` reads of blobs whose size is not their manifest's. */
const mostBytesToTell = 256 * 1024 * 1024;

export type ScanProgress = {label: string; done: number; total?: number};

type ScanOptions = Waiting & {
	role: RegistryRole;
	platforms?: MeantPlatforms;
	/** Reads and hashes every blob, no faster than this. */
	hash?: {bytesPerSecond?: number};
	/** Blobs whose bytes were seen not to match: they are hashed as well. */
	suspects?: readonly Digest[];
	/** What the registry has held: it tells which images have lost their name. */
	inventory?: Inventory;
	/** A manifest to look at although no tag may name it. */
	asked?: Asked;
	onProgress?: (progress: ScanProgress) => void;
};

/** Lists the store, finds what is damaged, and reads everything that a finding rests on once more. Never writes. */
export async function scanStore(
	storage: Storage,
	{role, platforms, hash, suspects = [], inventory, asked, signal, onProgress = () => {}}: ScanOptions,
): Promise<{scan: Scan; listing: StorageListing}> {
	const listing = await storage.list({
		signal,
		progress: done => onProgress({label: 'entries read', done}),
		// A scan that reads every byte reads every link as well.
		everyLink: hash !== undefined,
		manifests: [
			...(asked === undefined ? [] : [asked.digest]),
			...(inventory === undefined ? [] : lastNamed(inventory)),
		],
	});
	const {hashed, failure} =
		hash === undefined ? {hashed: []} : await hashBlobs(storage, listing, {...hash, signal, onProgress});
	const options = {role, ...defined({platforms, inventory, asked})};
	const first = assess(listing, {...options, hashed});
	const told = hash === undefined ? await hashOtherSizes(storage, {scan: first, listing, suspects, signal}) : [];
	const assessed = told.length === 0 ? first : assess(listing, {...options, hashed: told});
	const scan =
		failure === undefined
			? assessed
			: {...assessed, complete: false, gaps: [...assessed.gaps, `hashing stopped: ${failure.message}`]};
	const paths = pathsToRecheck(scan, listing);
	if (paths.length === 0) {
		return {scan, listing};
	}

	onProgress({label: 'paths to read again', done: paths.length});
	return {scan: confirm(scan, listing, await storage.recheck(paths, {signal})), listing};
}

/** A wrong size in a manifest and damaged data look the same until the bytes are hashed. @returns what the hashes told */
async function hashOtherSizes(
	storage: Storage,
	{scan, listing, suspects, signal}: Waiting & {scan: Scan; listing: StorageListing; suspects: readonly Digest[]},
): Promise<HashedBlob[]> {
	const there = suspects.filter(digest => listing.blobs.has(digest));
	const digests = [...new Set([...blobsOfOtherSize(scan, listing, mostBytesToTell), ...there])];
	if (digests.length === 0) {
		return [];
	}

	try {
		return (await storage.hash(digests, {signal})).filter(({state}) => state === 'same' || state === 'differs');
	} catch (error) {
		signal.throwIfAborted();
		asOperatorError(error);
		return [];
	}
}

/** A cut loses only the hashes that were not answered yet. Where hashing fails, the scan goes on without the hashes that are left. */
async function hashBlobs(
	storage: Storage,
	listing: StorageListing,
	{
		bytesPerSecond,
		signal,
		onProgress,
	}: Waiting & {bytesPerSecond?: number; onProgress: (progress: ScanProgress) => void},
): Promise<{hashed: HashedBlob[]; failure?: OperatorError}> {
	const all = blobsToHash(listing);
	const answers = new Map<string, HashedBlob>();
	const onAnswer = ({digest, state}: HashAnswer) => {
		answers.set(digest, {digest, state});
		onProgress({label: 'blobs hashed', done: answers.size, total: all.length});
	};

	let failure: OperatorError | undefined;
	for (let cuts = 0; cuts < mostCuts && answers.size < all.length; cuts++) {
		const before = answers.size;
		try {
			const left = all.filter(digest => !answers.has(digest));
			for (const answer of await storage.hash(left, {
				signal,
				onAnswer,
				...defined({bytesPerSecond}),
			})) {
				onAnswer(answer);
			}

			failure = undefined;
			break;
		} catch (error) {
			signal.throwIfAborted();
			failure = asOperatorError(error);
			if (answers.size === before || !(failure.transient || failure.exit === 'unreachable')) {
				break;
			}
		}
	}

	const hashed = all.map((digest): HashedBlob => answers.get(digest) ?? {digest, state: 'unread'});
	return {hashed, ...defined({failure})};
}
