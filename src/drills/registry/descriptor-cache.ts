import type {Digest} from '../../domain/image/digest.ts';

/** A blob as the registry knows it. */
export type StoredDescriptor = {digest: Digest; size: number};

/**
 * The `inmemory` blob-descriptor cache: one map for each repository and one for all of them. A garbage collection does not
 * update it: this is why the registry then reports blobs that are gone.
 * @see distribution v2.8.3 registry/storage/cache/memory/memory.go
 */
export type DescriptorCache = {
	lookUp(digest: Digest): StoredDescriptor | undefined;
	lookUpIn(repository: string, digest: Digest): StoredDescriptor | undefined;
	remember(digest: Digest, descriptor: StoredDescriptor): void;
	rememberIn(repository: string, digest: Digest, descriptor: StoredDescriptor): void;
	/** Keeps the entry for all repositories, as the real one does. */
	forgetIn(repository: string, digest: Digest): void;
	clear(): void;
};

export function createDescriptorCache(): DescriptorCache {
	const everywhere = new Map<Digest, StoredDescriptor>();
	const repositories = new Map<string, Map<Digest, StoredDescriptor>>();

	const cache: DescriptorCache = {
		lookUp: digest => everywhere.get(digest),
		lookUpIn: (repository, digest) => repositories.get(repository)?.get(digest),
		remember(digest, descriptor) {
			// As in the real one, an entry is never corrected.
			if (!everywhere.has(digest)) {
				everywhere.set(digest, descriptor);
			}
		},
		rememberIn(repository, digest, descriptor) {
			const known = repositories.get(repository) ?? new Map<Digest, StoredDescriptor>();
			repositories.set(repository, known.set(digest, descriptor));
			cache.remember(digest, descriptor);
		},
		forgetIn(repository, digest) {
			repositories.get(repository)?.delete(digest);
		},
		clear() {
			everywhere.clear();
			repositories.clear();
		},
	};
	return cache;
}
