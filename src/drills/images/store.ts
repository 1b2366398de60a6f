import {mkdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {type Digest, digestAlgorithm, digestHex} from '../../domain/image/digest.ts';
import type {Blob, BuiltImage} from './image.ts';

/**
 * A registry's storage folder in the layout of distribution 2.8, written directly to the disk.
 * @see distribution v2.8.3 registry/storage/paths.go
 */
export type Store = {
	/** The `rootdirectory` of the registry; the tree is below docker/registry/v2. */
	readonly root: string;
	readonly base: string;
	blobFile(digest: Digest): string;
	revisionLink(repository: string, digest: Digest): string;
	layerLink(repository: string, digest: Digest): string;
	tagFolder(repository: string, tag: string): string;
	writeBlob(blob: Blob): Promise<void>;
	/** A link is exactly the digest, without a newline: with one, 2.8 responds 500. */
	writeLink(file: string, digest: Digest): Promise<void>;
	writeTag(repository: string, tag: string, digest: Digest): Promise<void>;
	/** Writes what a complete push leaves in the store. */
	push(repository: string, tag: string, image: BuiltImage): Promise<void>;
	remove(file: string): Promise<void>;
};

export function openStore(root: string): Store {
	const base = path.join(root, 'docker/registry/v2');
	const inRepository = (repository: string, ...parts: string[]) =>
		path.join(base, 'repositories', repository, ...parts);
	const byDigest = (digest: Digest) => path.join(digestAlgorithm(digest), digestHex(digest));

	const store: Store = {
		root,
		base,
		blobFile: digest =>
			path.join(base, 'blobs', digestAlgorithm(digest), digestHex(digest).slice(0, 2), digestHex(digest), 'data'),
		revisionLink: (repository, digest) => inRepository(repository, '_manifests/revisions', byDigest(digest), 'link'),
		layerLink: (repository, digest) => inRepository(repository, '_layers', byDigest(digest), 'link'),
		tagFolder: (repository, tag) => inRepository(repository, '_manifests/tags', tag),
		writeBlob: ({digest, bytes}) => write(store.blobFile(digest), bytes),
		writeLink: (file, digest) => write(file, digest),
		async writeTag(repository, tag, digest) {
			const folder = store.tagFolder(repository, tag);
			await write(path.join(folder, 'index', byDigest(digest), 'link'), digest);
			await write(path.join(folder, 'current/link'), digest);
		},
		async push(repository, tag, {index, manifests, blobs}) {
			await Promise.all([...blobs, ...manifests, index].map(store.writeBlob));
			await Promise.all([
				...blobs.map(({digest}) => store.writeLink(store.layerLink(repository, digest), digest)),
				...[...manifests, index].map(({digest}) => store.writeLink(store.revisionLink(repository, digest), digest)),
			]);
			await store.writeTag(repository, tag, index.digest);
		},
		remove: file => rm(file, {recursive: true, force: true}),
	};
	return store;
}

async function write(file: string, content: string | Buffer): Promise<void> {
	await mkdir(path.dirname(file), {recursive: true});
	await writeFile(file, content);
}
