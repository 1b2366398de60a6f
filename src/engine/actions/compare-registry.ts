import type {RegistryRole} from '../../domain/image/verdict.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import {sampleListing} from '../../domain/storage/same-registry.ts';
import {sayDifference} from '../../domain/storage/say-difference.ts';
import type {Registry} from '../ports/registry.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';
import {askSameRegistry} from '../scan/same-registry.ts';

/** A scan, and how the registry that responds differs from the disk, where it is another one. */
type ComparedScan = {scan: Scan; another?: string};

/**
 * Compares the registry that responds with the disk that was listed. What another registry's disk holds says nothing about
 * this image: no finding of it is kept, and the scan is incomplete.
 */
export async function compareRegistry(
	{scan, listing}: {scan: Scan; listing: StorageListing},
	{storage, registry, role}: {storage: Storage; registry: Registry; role: RegistryRole},
	{signal}: Waiting,
): Promise<ComparedScan> {
	let isFirst = true;
	const compared = await askSameRegistry(registry, {
		role,
		signal,
		// A difference is read twice: the second time from the disk, as a push may have changed both since the listing.
		readSample: async listed => {
			const sample = isFirst ? sampleListing(listing, listed) : await storage.sample(listed, {signal});
			isFirst = false;
			return sample;
		},
	});
	const difference = sayDifference(compared, {host: registry.host, place: storage.place});
	if (difference === undefined) {
		return {scan};
	}

	const partial = {...scan, complete: false, gaps: [...scan.gaps, difference]};
	return compared.kind === 'another'
		? {scan: {...partial, findings: [], risks: []}, another: difference}
		: {scan: partial};
}
