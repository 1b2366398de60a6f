import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {type Digest, isDigest} from '../../domain/image/digest.ts';
import type {Store} from '../images/store.ts';
import {repositoriesOf} from './catalog.ts';
import {createDescriptorCache} from './descriptor-cache.ts';
import {ignoreMissing, readIfThere} from './files.ts';
import {createLookup} from './lookup.ts';
import {readStored} from './manifest-document.ts';

type Collected = {manifests: {repository: string; digest: Digest}[]; blobs: Digest[]};

/**
 * Does to the disk what `registry garbage-collect [-m]` of 2.8 does. With -m every manifest without a tag loses its link,
 * and a child of an index has no tag: its JSON stays (the index marks it), its config and layers are removed. An unreadable
 * link or manifest stops it before anything is removed.
 * @see distribution v2.8.3 registry/storage/garbagecollect.go and vacuum.go; distribution#3178
 */
export async function collectGarbage(store: Store, {removeUntagged}: {removeUntagged: boolean}): Promise<Collected> {
	const lookup = createLookup(store, createDescriptorCache());
	const marked = new Set<Digest>();
	const untagged: Collected['manifests'] = [];

	for (const repository of await repositoriesOf(store)) {
		const current = new Set<Digest>();
		for (const tag of await tagsOf(store, repository)) {
			const digest = await lookup.tag(repository, tag);
			if (digest !== undefined) {
				current.add(digest);
			}
		}

		for (const file of await linksBelow(path.join(store.base, 'repositories', repository, '_manifests/revisions'))) {
			const digest = await lookup.link(file);
			if (digest === undefined || (await lookup.manifest(repository, digest)) === undefined) {
				continue;
			}

			if (removeUntagged && !current.has(digest)) {
				untagged.push({repository, digest});
				continue;
			}

			const found = await lookup.manifest(repository, digest);
			const content = await readIfThere(store.blobFile(found!.digest));
			marked.add(digest);
			for (const reference of readStored(content ?? Buffer.alloc(0)).references) {
				marked.add(reference.digest);
			}
		}
	}

	for (const {repository, digest} of untagged) {
		for (const tag of await tagsOf(store, repository)) {
			await store.remove(path.join(store.tagFolder(repository, tag), 'index', ...digest.split(':')));
		}

		await store.remove(path.dirname(store.revisionLink(repository, digest)));
	}

	const blobs = (await blobsOf(store)).filter(digest => !marked.has(digest));
	for (const digest of blobs) {
		await store.remove(path.dirname(store.blobFile(digest)));
	}

	return {manifests: untagged, blobs};
}

async function tagsOf(store: Store, repository: string): Promise<string[]> {
	return (await readdir(path.dirname(store.tagFolder(repository, 'any'))).catch(ignoreMissing)) ?? [];
}

async function linksBelow(folder: string): Promise<string[]> {
	const entries = (await readdir(folder, {recursive: true}).catch(ignoreMissing)) ?? [];
	return entries
		.filter(entry => path.basename(entry) === 'link')
		.map(entry => path.join(folder, entry))
		.sort();
}

async function blobsOf(store: Store): Promise<Digest[]> {
	const entries = (await readdir(path.join(store.base, 'blobs'), {recursive: true}).catch(ignoreMissing)) ?? [];
	return entries
		.filter(entry => path.basename(entry) === 'data')
		.map(entry => entry.split(path.sep))
		.map(parts => `${parts[0]}:${parts[2]}`)
		.filter(isDigest);
}
