import {mkdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {type Digest, isDigest} from '../../domain/image/digest.ts';
import type {Store} from '../images/store.ts';
import type {DescriptorCache, StoredDescriptor} from './descriptor-cache.ts';
import {Refusal} from './refusal.ts';

/**
 * How 2.8 finds a digest: through a link of the repository, then the global data, each answer remembered.
 * @see distribution v2.8.3 registry/storage/linkedblobstore.go and registry/storage/cache/cachedblobdescriptorstore.go
 */
export type Lookup = {
	/** A link's target. Undefined: no such link. @throws Refusal UNKNOWN where the file does not hold a digest */
	link(file: string): Promise<Digest | undefined>;
	tag(repository: string, tag: string): Promise<Digest | undefined>;
	/** The global data, believed from memory. */
	data(digest: Digest): Promise<StoredDescriptor | undefined>;
	/** A config or layer as this repository may serve it. */
	blob(repository: string, digest: Digest): Promise<StoredDescriptor | undefined>;
	/** A manifest as this repository may serve it. Its link is never remembered. */
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

/** What the filesystem driver's PathNotFoundError covers. */
export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
	if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
		return undefined;
	}

	throw error;
}

export async function readIfThere(file: string): Promise<Buffer | undefined> {
	return readFile(file).catch(ignoreMissing);
}

export async function putContent(file: string, content: string | Uint8Array): Promise<void> {
	await mkdir(path.dirname(file), {recursive: true});
	await writeFile(file, content);
}

export async function removeTree(file: string): Promise<void> {
	await rm(file, {recursive: true, force: true});
}
