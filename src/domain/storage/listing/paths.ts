import {type Digest, digestAlgorithm, digestHex, isDigest} from '../../image/digest.ts';

/** All paths are below docker/registry/v2. @see distribution v2.8.3 registry/storage/paths.go */
export function blobFolder(digest: Digest): string {
	return `blobs/${digestAlgorithm(digest)}/${digestHex(digest).slice(0, 2)}/${digestHex(digest)}`;
}

export function revisionFolder(repository: string, digest: Digest): string {
	return `repositories/${repository}/_manifests/revisions/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

export function layerFolder(repository: string, digest: Digest): string {
	return `repositories/${repository}/_layers/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

/** A folder is a repository for registry 2.8 only if it holds this one. */
export function layersFolder(repository: string): string {
	return `repositories/${repository}/_layers`;
}

/** Of the revisions and tags of a repository. */
export function manifestsFolder(repository: string): string {
	return `repositories/${repository}/_manifests`;
}

export function currentLink(repository: string, tag: string): string {
	return `${tagFolder(repository, tag)}/current/link`;
}

export function revisionLink(repository: string, digest: Digest): string {
	return `${revisionFolder(repository, digest)}/link`;
}

export function layerLink(repository: string, digest: Digest): string {
	return `${layerFolder(repository, digest)}/link`;
}

export function blobData(digest: Digest): string {
	return `${blobFolder(digest)}/data`;
}

export function tagFolder(repository: string, tag: string): string {
	return `repositories/${repository}/_manifests/tags/${tag}`;
}

/** What a tag has named once. */
export function historyLink(repository: string, tag: string, digest: Digest): string {
	return `${tagFolder(repository, tag)}/index/${digestAlgorithm(digest)}/${digestHex(digest)}/link`;
}

export function parentFolder(path: string): string {
	return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** What a path below docker/registry/v2 is. */
type StoragePath =
	| {kind: 'blob'; digest: Digest}
	| {kind: 'revision' | 'layer'; repository: string; digest: Digest}
	| {kind: 'tag'; repository: string; tag: string}
	| {kind: 'repository'; repository: string};

const blob = /^blobs\/(sha256|sha512)\/([0-9a-f]{2})\/([0-9a-f]+)$/;
const inRepository = /^repositories\/(.+?)\/(_layers|_manifests)(?:\/(.*))?$/;
const linked = /^(?:revisions\/)?(sha256|sha512)\/([0-9a-f]+)$/;

/** @param folder the folder of a digest, a tag or a repository, without the file in it */
export function readStorageFolder(folder: string): StoragePath | undefined {
	if (folder.startsWith('blobs/')) {
		const [, algorithm, start = '', hex = ''] = blob.exec(folder) ?? [];
		const digest = `${algorithm}:${hex}`;
		return hex.startsWith(start) && isDigest(digest) ? {kind: 'blob', digest} : undefined;
	}

	const [, repository, area, rest = ''] = inRepository.exec(folder) ?? [];
	if (repository === undefined) {
		return undefined;
	}

	if (rest === '') {
		return {kind: 'repository', repository};
	}

	if (area === '_manifests' && rest.startsWith('tags/')) {
		const tag = rest.slice('tags/'.length);
		return tag === '' || tag.includes('/') ? undefined : {kind: 'tag', repository, tag};
	}

	const [, algorithm, hex] = linked.exec(rest) ?? [];
	const digest = `${algorithm}:${hex}`;
	const isRevision = rest.startsWith('revisions/');
	if (!isDigest(digest) || isRevision !== (area === '_manifests')) {
		return undefined;
	}

	return {kind: isRevision ? 'revision' : 'layer', repository, digest};
}
