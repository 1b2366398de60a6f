import {defined} from '../../domain/defined.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {MeantPlatforms} from '../../domain/image/meant-platforms.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import type {ImageCheck, RegistryRole} from '../../domain/image/verdict.ts';
import {compareAnswers, withMemory} from '../../domain/storage/findings/compare-answers.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import {sayDifference} from '../../domain/storage/say-difference.ts';
import type {Registry} from '../ports/registry.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';
import {walkImage} from '../verify/walk-image.ts';
import {heldByCache} from './held-by-cache.ts';
import {askSameRegistry} from './same-registry.ts';
import {readCache, readMemory} from './stale-memory.ts';

type CompareOptions = Waiting & {
	listing: StorageListing;
	storage: Pick<Storage, 'place' | 'sample' | 'maintenance'>;
	role: RegistryRole;
	platforms?: MeantPlatforms;
	onProgress?: (progress: {label: string; done: number; total: number}) => void;
};

/**
 * Finds out first whether the registry serves this disk: if not, its answers say nothing about the disk, and none is kept. Then it
 * walks the images that are broken on disk over HTTP, one tag for each finding, and adds findings where the registry's answers
 * differ from the disk, or where it still has in memory what the disk lacks. An image that could not be walked leaves the scan
 * incomplete.
 */
export async function compareStore(
	scan: Scan,
	registry: Registry,
	{listing, storage, role, platforms, signal, onProgress = () => {}}: CompareOptions,
): Promise<Scan> {
	const readSample = (listed: readonly string[]) => storage.sample(listed, {signal});
	const compared = await askSameRegistry(registry, {role, readSample, signal});
	const difference = sayDifference(compared, {host: registry.host, place: storage.place});
	if (difference !== undefined) {
		return {...scan, complete: false, gaps: [...scan.gaps, difference], compared};
	}

	const asked = role === 'cache' ? heldByCache(registry, async () => listing) : registry;
	const images = imagesOf(scan, registry.host);
	const checks: ImageCheck[] = [];
	const gaps: string[] = [];

	for (const [done, reference] of images.entries()) {
		onProgress({label: 'images asked for over HTTP', done, total: images.length});
		try {
			checks.push(await walkImage(asked, reference, {depth: 'edge', signal, ...defined({platforms})}));
		} catch (error) {
			signal.throwIfAborted();
			const {code, message, exit} = asOperatorError(error);
			// The registry does not know the image, as the disk says.
			if (code === 'image.absent') {
				continue;
			}

			gaps.push(`${formatReference(reference)} was not compared: ${message}`);
			if (exit === 'unreachable' || exit === 'refused') {
				break;
			}
		}
	}

	// A store that holds nothing cannot be told from another, and nothing in it is damaged.
	if (compared.kind === 'unknown' && gaps.length === 0 && scan.counts.repositories > 0) {
		gaps.push(`${registry.host} was not compared with ${storage.place}: ${compared.why}`);
	}

	const differing = compareAnswers(checks, scan);
	const found = {
		...scan,
		compared,
		complete: scan.complete && gaps.length === 0,
		gaps: [...scan.gaps, ...gaps],
		findings: [...scan.findings, ...differing],
	};
	if (scan.findings.length === 0) {
		return found;
	}

	const {memory, cache} = await readMemory({findings: scan.findings, listing, role}, {registry, storage}, {signal});
	const differs = memory?.kind === 'proven' || differing.length > 0;
	return differs ? withMemory(found, memory, cache ?? (await readCache(storage, {signal}))) : found;
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
