import {stat} from 'node:fs/promises';
import path from 'node:path';
import {type Digest, isDigest} from '../../domain/image/digest.ts';
import type {Store} from '../images/store.ts';
import type {DescriptorCache, StoredDescriptor} from './descriptor-cache.ts';
import {ignoreMissing, readIfThere} from './files.ts';
import {Refusal} from './refusal.ts';

/**
 * How 2.8 finds a digest: through a link of the repository, then in the global data. Results are cached.
 * @see distribution v2.8.3 registry/storage/linkedblobstore.go and registry/storage/cache/cachedblobdescriptorstore.go
 */
export type Lookup = {
	/** A link's target. Undefined: the link does not exist. @throws Refusal UNKNOWN where the file does not hold a digest */
	link(file: string): Promise<Digest | undefined>;
	tag(repository: string, tag: string): Promise<Digest | undefined>;
	/** In the global data, or in the cache. */
	data(digest: Digest): Promise<StoredDescriptor | undefined>;
	/** A config or layer that this repository may serve. */
	blob(repository: string, digest: Digest): Promise<StoredDescriptor | undefined>;
	/** A manifest that this repository may serve. Its link is not cached. */
	manifest(repository: string, digest: Digest): Promise<StoredDescriptor | undefined>;
};

export function createLookup(store: Store, cache: DescriptorCache): Lookup {
	const lookup: Lookup = {
		async link(file) {
			const content = await readIfThere(file);
			if (content === undefined) {
				return undefined;
			}

			const text = content.toString('utf8');
			if (!isDigest(text)) {
				// Go's digest errors have no exported fields: they encode as an empty object.
				throw new Refusal({code: 'UNKNOWN', detail: {}});
			}

			return text;
		},
		tag: (repository, tag) => lookup.link(path.join(store.tagFolder(repository, tag), 'current/link')),
		async data(digest) {
			const known = cache.lookUp(digest);
			if (known !== undefined) {
				return known;
			}

			const file = await stat(store.blobFile(digest)).catch(ignoreMissing);
			if (file === undefined || file.isDirectory()) {
				return undefined;
			}

			const descriptor = {digest, size: file.size};
			cache.remember(digest, descriptor);
			return descriptor;
		},
		async blob(repository, digest) {
			const known = cache.lookUpIn(repository, digest);
			if (known !== undefined) {
				return known;
			}

			const target = await lookup.link(store.layerLink(repository, digest));
			const descriptor = target && (await lookup.data(target));
			if (descriptor !== undefined) {
				cache.rememberIn(repository, digest, descriptor);
			}

			return descriptor;
		},
		async manifest(repository, digest) {
			const target =
				(await lookup.link(store.revisionLink(repository, digest))) ??
				// 2.1.0 put manifest links among the layers; 2.x still looks there.
				(await lookup.link(store.layerLink(repository, digest)));
			return target && lookup.data(target);
		},
	};
	return lookup;
}
