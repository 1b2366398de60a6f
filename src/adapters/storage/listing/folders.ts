import {type Digest, type DigestAlgorithm, isDigest} from '../../../domain/image/digest.ts';
import {isRepositoryName, isTag} from '../../../domain/image/reference.ts';
import type {RepositoryListing, StorageListing} from '../../../domain/storage/listing/listing.ts';

/**
 * A folder below docker/registry/v2, and what a registry uses it for.
 * @see distribution v2.8.3 registry/storage/paths.go
 */
export type Folder = {
	kind: FolderKind;
	parent: Folder | undefined;
	name: string;
	/** Seconds since 1970; undefined while only entries below it were listed. */
	changed: number | undefined;
	/** It holds the file it exists for: nothing was deleted from it. */
	isWhole: boolean;
	/** The repository's name, as far down as this folder. */
	repository: string;
	listing: RepositoryListing | undefined;
	algorithm: DigestAlgorithm;
	digest: Digest | undefined;
};

type FolderKind =
	| 'root'
	| 'blobs'
	| 'blob-algorithm'
	| 'blob-prefix'
	| 'blob'
	| 'repositories'
	| 'manifests'
	| 'revisions'
	| 'revision-algorithm'
	| 'revision'
	| 'layers'
	| 'layer-algorithm'
	| 'layer'
	| 'tags'
	| 'tag'
	| 'current'
	| 'index'
	| 'index-algorithm'
	| 'entry'
	/** A folder in the place of a file, `link` or `data`. */
	| 'in-place-of-a-file'
	/** No registry creates such a folder. */
	| 'unknown'
	/** Its name holds characters that a registry never writes. */
	| 'hostile';

export type Folders = {
	root(): Folder;
	below(parent: Folder, name: string): Folder;
	/** What a registry keeps under this name. */
	wanted(parent: Folder, name: string): 'file' | 'folder' | undefined;
	hostile(parent: Folder, name: string): Folder;
};

/**
 * Tells what a folder is from its name and its parent, and adds the repositories it meets. Each digest is kept once in
 * memory, however many repositories hold it.
 */
export function openFolders(repositories: StorageListing['repositories']): Folders {
	const digests = {sha256: new Map<string, Digest>(), sha512: new Map<string, Digest>()};

	return {
		root: () => folderOf('root', undefined, ''),
		wanted(parent, name) {
			const kind = kindBelow(parent, name);
			return kind === 'unknown' ? undefined : kind === 'in-place-of-a-file' ? 'file' : 'folder';
		},
		hostile: (parent, name) => folderOf('hostile', parent, name),
		below(parent, name) {
			const kind = kindBelow(parent, name);
			const folder = folderOf(kind, parent, name);

			if (kind === 'repositories' && parent.kind === 'repositories') {
				folder.repository = repositoryBelow(parent, name);
			} else if (kind === 'manifests' || kind === 'layers') {
				folder.listing = repositoryOf(parent.repository);
			} else if (kind === 'tag' && !folder.listing!.tags.has(name)) {
				folder.name = owned(name);
				folder.listing!.tags.set(folder.name, {});
			}

			if (kind.endsWith('-algorithm')) {
				folder.algorithm = name as DigestAlgorithm;
			}

			return folder;
		},
	};

	function folderOf(kind: FolderKind, parent: Folder | undefined, name: string): Folder {
		const isDigestFolder = kind === 'blob' || kind === 'revision' || kind === 'layer' || kind === 'entry';
		return {
			kind,
			parent,
			name,
			changed: undefined,
			isWhole: false,
			repository: parent?.repository ?? '',
			listing: parent?.listing,
			algorithm: parent?.algorithm ?? 'sha256',
			digest: isDigestFolder ? digestOf(parent!.algorithm, name) : undefined,
		};
	}

	function kindBelow(parent: Folder, name: string): FolderKind {
		switch (parent.kind) {
			case 'root':
				return name === 'blobs' || name === 'repositories' ? name : 'unknown';

			case 'blobs':
				return isAlgorithm(name) ? 'blob-algorithm' : 'unknown';

			case 'blob-algorithm':
				return /^[0-9a-f]{2}$/.test(name) ? 'blob-prefix' : 'unknown';

			case 'blob-prefix':
				return name.startsWith(parent.name) && isHex(parent.algorithm, name) ? 'blob' : 'unknown';

			case 'repositories':
				if (parent.repository !== '' && (name === '_manifests' || name === '_layers')) {
					return name === '_layers' ? 'layers' : 'manifests';
				}

				return isRepositoryName(repositoryBelow(parent, name)) ? 'repositories' : 'unknown';

			case 'manifests':
				return name === 'revisions' || name === 'tags' ? name : 'unknown';

			case 'revisions':
				return isAlgorithm(name) ? 'revision-algorithm' : 'unknown';

			case 'layers':
				return isAlgorithm(name) ? 'layer-algorithm' : 'unknown';

			case 'index':
				return isAlgorithm(name) ? 'index-algorithm' : 'unknown';

			case 'revision-algorithm':
				return isHex(parent.algorithm, name) ? 'revision' : 'unknown';

			case 'layer-algorithm':
				return isHex(parent.algorithm, name) ? 'layer' : 'unknown';

			case 'index-algorithm':
				return isHex(parent.algorithm, name) ? 'entry' : 'unknown';

			case 'tags':
				return isTag(name) ? 'tag' : 'unknown';

			case 'tag':
				return name === 'current' || name === 'index' ? name : 'unknown';

			case 'blob':
				return name === 'data' ? 'in-place-of-a-file' : 'unknown';

			case 'revision':
			case 'layer':
			case 'current':
			case 'entry':
				return name === 'link' ? 'in-place-of-a-file' : 'unknown';

			default:
				return 'unknown';
		}
	}

	function isHex(algorithm: DigestAlgorithm, name: string): boolean {
		return digests[algorithm].has(name) || isDigest(`${algorithm}:${name}`);
	}

	function digestOf(algorithm: DigestAlgorithm, hex: string): Digest {
		let digest = digests[algorithm].get(hex);
		if (digest === undefined) {
			digest = owned(`${algorithm}:${hex}`) as Digest;
			digests[algorithm].set(digest.slice(algorithm.length + 1), digest);
		}

		return digest;
	}

	function repositoryOf(name: string): RepositoryListing {
		let listing = repositories.get(name);
		if (listing === undefined) {
			listing = {tags: new Map(), revisions: new Map(), layers: new Map()};
			repositories.set(owned(name), listing);
		}

		return listing;
	}
}

function repositoryBelow({repository}: Folder, name: string): string {
	return repository === '' ? name : `${repository}/${name}`;
}

/** Copies a string: a slice would keep the whole chunk it was cut from in memory. */
export function owned(text: string): string {
	return Buffer.from(text, 'latin1').toString('latin1');
}

function isAlgorithm(name: string): name is DigestAlgorithm {
	return name === 'sha256' || name === 'sha512';
}

/** Whether a name holds a character that a registry never writes. */
export function isHostile(name: string): boolean {
	return !/^[A-Za-z0-9._-]+$/.test(name);
}

export function pathOf({parent, name}: Folder): string {
	return parent === undefined ? '' : pathBelow(parent, name);
}

export function pathBelow(parent: Folder, name: string): string {
	return parent.parent === undefined ? name : `${pathOf(parent)}/${name}`;
}
