import {defined} from '../../domain/defined.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {MeantPlatforms} from '../../domain/image/meant-platforms.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import type {ImageCheck, RegistryRole} from '../../domain/image/verdict.ts';
import {compareAnswers, withMemory} from '../../domain/storage/findings/compare-answers.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import {sayDifference} from '../../domain/storage/say-difference.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import type {Registry} from '../ports/registry.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';
import {createWalker} from '../verify/walk-image.ts';
import {heldByCache} from './held-by-cache.ts';
import {askSameRegistry} from './same-registry.ts';
import {sayUnlisted, spread, stillOnDisk, weighSample, wholeImages} from './sample-whole.ts';
import {type Memory, readCache, readMemory} from './stale-memory.ts';

const imagesAtATime = 8;

type CompareOptions = Waiting & {
	listing: StorageListing;
	storage: Pick<Storage, 'place' | 'sample' | 'maintenance' | 'recheck'>;
	role: RegistryRole;
	platforms?: MeantPlatforms;
	/** How many images that are whole on the disk are asked for as well, spread over the store; by default none. */
	sample?: number;
	/** Told what is known of the registry's memory, where the findings of the comparison add nothing to it. */
	onMemory?: (memory: Memory) => void;
	onProgress?: (progress: {label: string; done: number; total: number}) => void;
};

/**
 * Finds out first whether the registry serves this disk: if not, its answers say nothing about the disk, and none is kept. Then it
 * walks the images that are broken on disk over HTTP, one tag for each finding, and a sample of those that are whole, and adds
 * findings where the registry's answers differ from the disk, or where it still has in memory what the disk lacks. An image that
 * could not be walked leaves the scan incomplete.
 */
export async function compareStore(
	scan: Scan,
	registry: Registry,
	{listing, storage, role, platforms, sample = 0, signal, onMemory = () => {}, onProgress = () => {}}: CompareOptions,
): Promise<Scan> {
	const readSample = (listed: readonly string[]) => storage.sample(listed, {signal});
	const compared = await askSameRegistry(registry, {role, readSample, signal});
	const difference = sayDifference(compared, {host: registry.host, place: storage.place});
	if (difference !== undefined) {
		return {...scan, complete: false, gaps: [...scan.gaps, difference], compared};
	}

	const asked = role === 'cache' ? heldByCache(registry, async () => listing) : registry;
	const whole = wholeImages(scan, listing, registry.host);
	const sampled = spread(whole, sample);
	const {checks, gaps, trouble} = await walkAll(
		asked,
		{damaged: imagesOf(scan, registry.host), whole: sampled},
		{role, storage, listing, signal, onProgress, ...defined({platforms})},
	);

	// A store that holds nothing cannot be told from another, and nothing in it is damaged.
	if (compared.kind === 'unknown' && gaps.length === 0 && scan.counts.repositories > 0) {
		gaps.push(`${registry.host} was not compared with ${storage.place}: ${compared.why}`);
	}

	const differing = compareAnswers(checks, scan);
	const found = {
		...scan,
		compared,
		...defined({trouble}),
		complete: scan.complete && gaps.length === 0,
		gaps: [...scan.gaps, ...gaps],
		findings: [...scan.findings, ...differing],
		...(sample > 0 && {sampled: {asked: sampled.length, of: whole.length}}),
	};
	if (scan.findings.length === 0) {
		return found;
	}

	const known = await readMemory({findings: scan.findings, listing, role}, {registry, storage}, {signal});
	const {memory, cache} = known;
	const differs = memory?.kind === 'proven' || differing.length > 0;
	if (!differs) {
		onMemory(known);
	}

	return differs ? withMemory(found, memory, cache ?? (await readCache(storage, {signal}))) : found;
}

/** Walks the images over HTTP, several at a time and each distinct part once. What could not be walked is a gap. */
async function walkAll(
	registry: Registry,
	{damaged, whole}: {damaged: readonly ImageReference[]; whole: readonly ImageReference[]},
	{
		role,
		storage,
		listing,
		platforms,
		signal,
		onProgress,
	}: Pick<CompareOptions, 'role' | 'storage' | 'listing' | 'platforms' | 'signal'> &
		Required<Pick<CompareOptions, 'onProgress'>>,
): Promise<{checks: ImageCheck[]; gaps: string[]; trouble?: string}> {
	const walker = createWalker(registry, {depth: 'edge', role, signal, ...defined({platforms})});
	const results = new Map<number, ImageCheck | string>();
	const unlisted = new Map<number, ImageReference>();
	const images = [...damaged, ...whole];
	const queue = [...images.entries()];
	let done = 0;
	await forEachConcurrently(
		() => queue.shift(),
		imagesAtATime,
		async ([n, reference]) => {
			try {
				results.set(n, await walker.walk(reference));
			} catch (error) {
				signal.throwIfAborted();
				const {code, message, exit} = asOperatorError(error);
				// The registry does not know the image: the disk may say the same.
				if (code !== 'image.absent') {
					results.set(n, `${formatReference(reference)} was not compared: ${message}`);
				} else if (n >= damaged.length) {
					unlisted.set(n, reference);
				}

				if (exit === 'unreachable' || exit === 'refused') {
					queue.length = 0;
				}
			}

			onProgress({label: 'images asked for over HTTP', done: ++done, total: images.length});
		},
	);
	const stillThere = await stillOnDisk([...unlisted.values()], {storage, listing, signal});
	for (const [n, reference] of unlisted) {
		if (stillThere(reference)) {
			results.set(n, sayUnlisted(reference));
		}
	}

	const inOrder = [...results].sort(([one], [other]) => one - other).map(([, result]) => result);
	const weighed = weighSample(
		inOrder.filter(result => typeof result !== 'string'),
		new Set(whole.map(formatReference)),
	);
	return {...weighed, gaps: [...inOrder.filter(result => typeof result === 'string'), ...weighed.gaps]};
}

function imagesOf({findings}: Scan, host: string): ImageReference[] {
	const images = new Map<string, ImageReference>();
	for (const {repository, tags} of findings) {
		const [tag] = tags;
		if (tag !== undefined) {
			images.set(`${repository}:${tag}`, {host, repository, tag});
		}
	}

	return [...images.values()];
}
