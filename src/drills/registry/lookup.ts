import {stat} from 'node:fs/promises';
import path from 'node:path';
import {type Digest, isDigest} from '../../domain/image/digest.ts';
import type {Store} from '../images/store.ts';
import type {DescriptorCache, StoredDescriptor} from './descriptor-cache.ts';
import {type Dialect, digestSentence} from './dialect.ts';
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
	/** A manifest that this repository may serve. 2.8 does not cache its link; 3.1 does, beside the layers. */
	manifest(repository: string, digest: Digest): Promise<StoredDescriptor | undefined>;
};

/** As the filesystem driver says that a folder lies in the place of a file. */
function throwAsDriver(error: NodeJS.ErrnoException, file: string): never {
	if (error.code !== 'EISDIR') {
		throw error;
	}

	throw new Refusal({
		code: 'UNKNOWN',
		detail: {DriverName: 'filesystem', Enclosed: {Op: 'read', Path: file, Err: 21}},
		sentence: `filesystem: read ${file}: is a directory`,
	});
}

export function createLookup(store: Store, cache: DescriptorCache, dialect: Dialect = '2.8'): Lookup {
	async function throughCache(repository: string, digest: Digest, link: string) {
		const known = cache.lookUpIn(repository, digest);
		if (known !== undefined) {
			return known;
		}

		const target = await lookup.link(link);
		const descriptor = target && (await lookup.data(target));
		if (descriptor !== undefined) {
			cache.rememberIn(repository, digest, descriptor);
		}

		return descriptor;
	}

	const lookup: Lookup = {
		async link(file) {
			const content = await readIfThere(file).catch(error => throwAsDriver(error, file));
			if (content === undefined) {
				return undefined;
			}

			const text = content.toString('utf8');
			if (!isDigest(text)) {
				// Go's digest errors have no exported fields: they encode as an empty object.
				throw new Refusal({code: 'UNKNOWN', detail: {}, sentence: digestSentence(text)});
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
		blob: (repository, digest) => throughCache(repository, digest, store.layerLink(repository, digest)),
		async manifest(repository, digest) {
			if (dialect === '3.1') {
				return throughCache(repository, digest, store.revisionLink(repository, digest));
			}

			const target =
				(await lookup.link(store.revisionLink(repository, digest))) ??
				// 2.1.0 put manifest links among the layers; 2.x still looks there.
				(await lookup.link(store.layerLink(repository, digest)));
			return target && lookup.data(target);
		},
	};
	return lookup;
}
