import type {Digest} from '../../image/digest.ts';
import type {StorageListing} from './listing.ts';
import {blobFolder, layerFolder, layersFolder, parentFolder, revisionFolder, tagFolder} from './paths.ts';

/** The latest time at which something can have been removed, in seconds since 1970. Undefined: the disk cannot tell. */
export type StorageTimes = {
	revision(repository: string, digest: Digest): number | undefined;
	layer(repository: string, digest: Digest): number | undefined;
	/** Where the data is there: when it was written. */
	data(digest: Digest): number | undefined;
	tag(repository: string, tag: string): number | undefined;
	layersFolder(repository: string): number | undefined;
};

/**
 * A folder's time changes when an entry is added to it or removed from it. So a removal shows in the thing's own folder or in
 * the one above; the time of any other folder is that of another change.
 */
export function openTimes({folders, blobs}: StorageListing): StorageTimes {
	const nearest = (folder: string) => folders?.get(folder) ?? folders?.get(parentFolder(folder));
	return {
		revision: (repository, digest) => nearest(revisionFolder(repository, digest)),
		layer: (repository, digest) => nearest(layerFolder(repository, digest)),
		data: digest => blobs.get(digest)?.changed ?? nearest(blobFolder(digest)),
		tag: (repository, tag) => nearest(`${tagFolder(repository, tag)}/current`),
		layersFolder: repository => nearest(layersFolder(repository)),
	};
}

/** Of several traces of one removal, the first is the nearest to it. */
export function earliest(times: readonly (number | undefined)[]): number | undefined {
	const known = times.filter(time => time !== undefined);
	return known.length === 0 ? undefined : known.reduce((least, time) => Math.min(least, time));
}

export function isoTime(seconds: number): string {
	return new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}
