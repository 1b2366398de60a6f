import type {Digest} from '../../src/domain/image/digest.ts';
import {parseDigest} from '../../src/domain/image/digest.ts';
import {mediaTypes} from '../../src/domain/image/media-type.ts';
import type {PathState} from '../../src/domain/storage/listing/listing.ts';
import {blobData, currentLink, layerLink, revisionLink} from '../../src/domain/storage/listing/paths.ts';
import type {Registry} from '../../src/engine/ports/registry.ts';
import type {Storage} from '../../src/engine/ports/storage.ts';
import {fakeRegistry, fakeStorage} from './fake-ports.ts';
import {digestOf, listingOf, type StoreTree, write} from './store-tree.ts';

export const memoryHost = 'registry.example:5000';

type Document = {
	mediaType?: string;
	manifests?: {digest: string}[];
	config?: {digest: string};
	layers?: {digest: string}[];
};

/** A registry that serves a tree as distribution 2.8 serves its disk. @param stored called for each manifest that is put */
export function serveTree(tree: StoreTree, stored: (reference: string) => void): Registry {
	const bytesOf = (digest: Digest, link: string) =>
		tree.files.has(link) ? tree.files.get(blobData(digest))?.bytes : undefined;
	const missing = (detail: string) => ({state: 'missing' as const, status: 404, detail});

	const registry: Registry = {
		...fakeRegistry(),
		host: memoryHost,
		async manifest(repository, reference) {
			const named = tree.files.get(currentLink(repository, reference))?.bytes.toString() ?? reference;
			const digest = named.includes(':') ? parseDigest(named) : undefined;
			const bytes = digest && bytesOf(digest, revisionLink(repository, digest));
			if (!digest || !bytes) {
				return missing('manifest unknown');
			}

			const {mediaType = mediaTypes.ociManifest} = JSON.parse(bytes.toString()) as Document;
			return {state: 'found', bytes, digest, mediaType};
		},
		async blob(repository, {digest, size}) {
			const bytes = bytesOf(digest, layerLink(repository, digest));
			if (!bytes) {
				return missing('blob unknown to registry');
			}

			return bytes.length === size && digestOf(bytes, digest) === digest
				? {state: 'present', status: 206}
				: {state: 'corrupt', status: 200, detail: 'its bytes do not match its digest'};
		},
		async putManifest(repository, reference, {bytes}) {
			const digest = digestOf(Buffer.from(bytes), 'sha256:' as Digest) as Digest;
			const {manifests = [], config, layers = []} = JSON.parse(Buffer.from(bytes).toString()) as Document;
			const needs = [
				...manifests.map(child => revisionLink(repository, parseDigest(child.digest))),
				...[...(config ? [config] : []), ...layers].map(part => layerLink(repository, parseDigest(part.digest))),
			];
			if (needs.some(link => !tree.files.has(link))) {
				return {state: 'rejected', status: 400, detail: 'manifest blob unknown'};
			}

			write(tree, blobData(digest), Buffer.from(bytes));
			write(tree, revisionLink(repository, digest), digest);
			if (reference !== digest) {
				write(tree, currentLink(repository, reference), digest);
			}

			stored(reference);
			return {state: 'stored', digest, status: 201};
		},
		fresh: () => registry,
	};
	return registry;
}

/** The storage of such a registry. */
export function readTree(tree: StoreTree): Storage {
	return fakeStorage([], {
		list: async () => listingOf(tree),
		recheck: async paths => new Map(paths.map(path => [path, stateOf(tree, path)])),
		readBlob: async digest => tree.files.get(blobData(digest))?.bytes,
	});
}

function stateOf({files, folders}: StoreTree, path: string): PathState {
	const file = files.get(path);
	const folder = folders.get(path);
	return file
		? {state: 'there', size: file.bytes.length, changed: file.changed}
		: folder === undefined
			? {state: 'gone'}
			: {state: 'there', size: 4096, changed: folder};
}

/** Follows a tag as a pull would. @returns the damaged parts; empty: the image is intact */
export function wrongInTree(tree: StoreTree, repository: string, tag: string): string[] {
	const wrong: string[] = [];
	const check = (digest: Digest, link: string): Buffer | undefined => {
		const bytes = tree.files.get(blobData(digest))?.bytes;
		const isLinked = tree.files.get(link)?.bytes.toString() === digest;
		if (!isLinked || !bytes || digestOf(bytes, digest) !== digest) {
			wrong.push(`${digest}: ${isLinked ? 'its bytes' : 'its link'}`);
			return undefined;
		}

		return bytes;
	};
	const open = [parseDigest(tree.files.get(currentLink(repository, tag))!.bytes.toString())];

	for (let digest = open.pop(); digest !== undefined; digest = open.pop()) {
		const bytes = check(digest, revisionLink(repository, digest));
		const {manifests = [], config, layers = []} = JSON.parse(String(bytes ?? '{}')) as Document;
		open.push(...manifests.map(child => parseDigest(child.digest)));
		for (const part of [...(config ? [config] : []), ...layers].map(each => parseDigest(each.digest))) {
			check(part, layerLink(repository, part));
		}
	}

	return wrong;
}
