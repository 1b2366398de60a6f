import {OperatorError} from '../../domain/errors.ts';
import {isDigest} from '../../domain/image/digest.ts';
import {linkHolds, tagTarget} from '../../domain/storage/listing/links.ts';
import type {RepositoryListing, StorageListing} from '../../domain/storage/listing/listing.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';

const notHeld = {state: 'missing', status: 404, detail: 'the cache does not hold it'} as const;

/**
 * A pull-through cache that is only asked for what its disk holds. Every other request, a HEAD too, makes it fetch the whole
 * blob and keep it, and counts as a pull upstream. So its names and tags are those on its disk, and a tag is asked for by the
 * digest that it names there.
 * @param list reads the disk, once
 * @see distribution v2.8.3 proxy/proxyblobstore.go, ServeBlob; proxy/proxytagservice.go, Get
 */
export function heldByCache(registry: Registry, list: (waiting: Waiting) => Promise<StorageListing>): Registry {
	let listing: Promise<StorageListing> | undefined;

	async function read(waiting: Waiting): Promise<StorageListing> {
		listing ??= list(waiting);
		const read = await listing;
		if (!read.complete) {
			throw new OperatorError('storage.unread', `Not everything the cache holds could be read: ${read.gaps[0]}.`, {
				hint: 'Without that, a request could make the cache fetch what it lacks. Let this user read the whole storage.',
				exit: 'indeterminate',
			});
		}

		return read;
	}

	async function repositoryIn(name: string, waiting: Waiting): Promise<{all: StorageListing; own?: RepositoryListing}> {
		const all = await read(waiting);
		const own = all.repositories.get(name);
		return own === undefined ? {all} : {all, own};
	}

	return {
		...registry,
		async manifest(repository, reference, waiting) {
			const {all, own} = await repositoryIn(repository, waiting);
			const digest = isDigest(reference) ? reference : tagTarget(own?.tags.get(reference)?.link);
			const link = digest === undefined ? undefined : own?.revisions.get(digest);
			if (digest === undefined || link === undefined || !linkHolds(link, digest) || !all.blobs.has(digest)) {
				return notHeld;
			}

			// A cache fetches a manifest anew that it cannot read.
			const body = all.manifests.get(digest);
			return body?.ok === true
				? registry.manifest(repository, digest, waiting)
				: {state: 'unreadable', status: 500, detail: `on the cache’s disk ${body?.reason ?? 'it is no manifest'}`};
		},
		async blob(repository, blob, depth, waiting) {
			const {all, own} = await repositoryIn(repository, waiting);
			const link = own?.layers.get(blob.digest);
			const isHeld = link !== undefined && linkHolds(link, blob.digest) && all.blobs.has(blob.digest);
			return isHeld ? registry.blob(repository, blob, depth, waiting) : notHeld;
		},
		// The question makes it ask upstream for a blob.
		servesFromMemory: async () => false,
		async tags(repository, waiting) {
			const {own} = await repositoryIn(repository, waiting);
			return own && [...own.tags.keys()];
		},
		async *repositories(waiting) {
			yield* (await read(waiting)).repositories.keys();
			return {pages: 1, furtherRequests: 0, mayOmit: []};
		},
		fresh: () => heldByCache(registry.fresh(), list),
	};
}

/** What a cache without its disk could be asked only by filling it. */
export function cannotLook(host: string): OperatorError {
	return new OperatorError(
		'registry.cache-unseen',
		`${host} is a pull-through cache: every look at it over HTTP makes it fetch and keep what it lacks.`,
		{
			hint: 'Add its storage to the configuration, so that its disk tells what it holds; or accept that it is filled, with --fill-cache.',
			exit: 'usage',
		},
	);
}
