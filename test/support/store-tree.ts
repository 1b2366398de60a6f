import {createHash} from 'node:crypto';
import {type Digest, parseDigest} from '../../src/domain/image/digest.ts';
import type {StorageListing} from '../../src/domain/storage/listing/listing.ts';
import type {ObstacleKind} from '../../src/domain/storage/listing/obstacles.ts';
import {
	blobData,
	currentLink,
	historyLink,
	layerLink,
	parentFolder,
	readStorageFolder,
	revisionLink,
} from '../../src/domain/storage/listing/paths.ts';

export type Blob = {digest: Digest; bytes: Buffer};

/** What a push stores: the manifests, with the tag's own last, and their blobs. */
export type StoredImage = {manifests: Blob[]; blobs: Blob[]};

/** The tree below docker/registry/v2 as a disk would hold it, without a disk. Times are seconds since 1970. */
export type StoreTree = {
	files: Map<string, {bytes: Buffer; changed: number}>;
	folders: Map<string, number>;
	/** What is in the place of a file or folder. */
	obstacles: Map<string, ObstacleKind>;
};

export const pushedAt = 1_600_000_000;
export const damagedAt = 1_650_000_000;
export const takenAt = 1_700_000_000;

export function emptyTree(): StoreTree {
	return {
		files: new Map(),
		folders: new Map([
			['repositories', pushedAt],
			['blobs', pushedAt],
		]),
		obstacles: new Map(),
	};
}

export function rootOf({manifests}: StoredImage): Blob {
	return manifests.at(-1)!;
}

export function push(
	tree: StoreTree,
	repository: string,
	tag: string,
	image: StoredImage,
	at: number = pushedAt,
): void {
	for (const {digest, bytes} of [...image.blobs, ...image.manifests]) {
		write(tree, blobData(digest), bytes, at);
	}

	for (const {digest} of image.blobs) {
		write(tree, layerLink(repository, digest), digest, at);
	}

	for (const {digest} of image.manifests) {
		write(tree, revisionLink(repository, digest), digest, at);
	}

	const {digest} = rootOf(image);
	write(tree, currentLink(repository, tag), digest, at);
	write(tree, historyLink(repository, tag, digest), digest, at);
}

export function write(tree: StoreTree, path: string, content: string | Buffer, changed = pushedAt): void {
	for (let folder = parentFolder(path); folder !== '' && !tree.folders.has(folder); folder = parentFolder(folder)) {
		tree.folders.set(folder, changed);
	}

	tree.files.set(path, {bytes: Buffer.from(content), changed});
}

/** Removes a file, or a folder with everything in it, and renews the time of its parent folder. */
export function remove(tree: StoreTree, path: string, changed = damagedAt): void {
	for (const map of [tree.files, tree.folders]) {
		for (const name of map.keys()) {
			if (name === path || name.startsWith(`${path}/`)) {
				map.delete(name);
			}
		}
	}

	tree.folders.set(parentFolder(path), changed);
}

/** Puts something else in the place of a file or folder. */
export function obstruct(tree: StoreTree, path: string, kind: ObstacleKind): void {
	remove(tree, path);
	tree.obstacles.set(path, kind);
}

/** The listing of a tree, without what lies in `unread` folders. */
export function listingOf({files, folders, obstacles}: StoreTree, unread: readonly string[] = []): StorageListing {
	const isHidden = (path: string) => unread.some(folder => path === folder || path.startsWith(`${folder}/`));
	const listing: StorageListing = {
		root: '/store',
		complete: unread.length === 0,
		gaps: unread.map(folder => `${folder}: Permission denied`),
		repositories: new Map(),
		blobs: new Map(),
		manifests: new Map(),
		taken: takenAt,
		folders: new Map([...folders].filter(([path]) => !isHidden(path) || unread.includes(path))),
		unread,
		obstacles,
	};
	for (const folder of [...listing.folders!.keys(), ...obstacles.keys()]) {
		const what = readStorageFolder(folder);
		if (what?.kind === 'tag' || what?.kind === 'repository') {
			const repository = repositoryOf(listing, what.repository);
			if (what.kind === 'tag' && !isHidden(folder)) {
				repository.tags.set(what.tag, {});
			}
		}
	}

	for (const [path, {bytes, changed}] of files) {
		if (!isHidden(path)) {
			take(listing, path, bytes, changed);
		}
	}

	return listing;
}

const entry = /^repositories\/(.+)\/_manifests\/tags\/([^/]+)\/index\/(sha256|sha512)\/([0-9a-f]+)$/;

function take(listing: StorageListing, path: string, bytes: Buffer, changed: number): void {
	const folder = parentFolder(path);
	const isCurrent = folder.endsWith('/current');
	const what = readStorageFolder(isCurrent ? parentFolder(folder) : folder);
	const link = {size: bytes.length, changed, content: bytes.toString()};
	if (what?.kind === 'blob') {
		listing.blobs.set(what.digest, {size: bytes.length, changed});
		const isWhole = digestOf(bytes, what.digest) === what.digest;
		listing.manifests.set(
			what.digest,
			isWhole ? {ok: true, text: bytes.toString()} : {ok: false, reason: 'its bytes do not match its digest'},
		);
	} else if (what?.kind === 'tag' && isCurrent) {
		const {tags} = repositoryOf(listing, what.repository);
		tags.set(what.tag, {...tags.get(what.tag), link});
	} else if (entry.test(folder)) {
		const [, repository = '', tag = '', algorithm, hex] = entry.exec(folder)!;
		const {tags} = repositoryOf(listing, repository);
		const known = tags.get(tag) ?? {};
		known.history ??= new Map();
		known.history.set(parseDigest(`${algorithm}:${hex}`), changed);
		tags.set(tag, known);
	} else if (what?.kind === 'revision' || what?.kind === 'layer') {
		repositoryOf(listing, what.repository)[what.kind === 'revision' ? 'revisions' : 'layers'].set(what.digest, link);
	}
}

function repositoryOf({repositories}: StorageListing, name: string) {
	const known = repositories.get(name) ?? {tags: new Map(), revisions: new Map(), layers: new Map()};
	repositories.set(name, known);
	return known;
}

/** @param like a digest of the algorithm to use */
export function digestOf(bytes: Buffer, like: Digest): string {
	const algorithm = like.slice(0, like.indexOf(':'));
	return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
