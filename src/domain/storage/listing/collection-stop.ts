import {isRepositoryName} from '../../image/reference.ts';

/** Where a garbage collection ends with an error. `path` is below docker/registry/v2. */
export type CollectionStop = {
	path: string;
	collection: 'every' | 'with -m';
	/** What a real run has removed before it stops there: nothing, or the links of manifests. */
	removed: 'nothing' | 'manifest-links';
	/** `repair`: without it, manifests would count as untagged, and `-m` would remove them. */
	first: 'repair' | 'move-away';
	/** Only registry 3 ends there. */
	registry?: 3;
};

/**
 * Whether a collection stops at an entry that no registry writes, and that is no folder. Most such entries do no harm. Seen
 * on 2.8.2.
 * @param size bytes
 * @see distribution v2.8.3 registry/storage: tagstore.go, All and Lookup; linkedblobstore.go, Enumerate; blobstore.go,
 * Enumerate; paths.go, digestFromPath; catalog.go, handleRepository
 */
export function strayStop(path: string, size: number): CollectionStop | undefined {
	if (path.startsWith('blobs/')) {
		return path.endsWith('/data') && !namesDigest(path)
			? {path, collection: 'every', removed: 'manifest-links', first: 'move-away'}
			: undefined;
	}

	// Wherever it lies, a link that holds a digest is followed.
	const isDamaged = size !== 71 && size !== 135;
	if (/\/_manifests\/tags\/[^/]+$/.test(path) || (isDamaged && /\/tags\/[^/]+\/current\/link$/.test(path))) {
		return {path, collection: 'with -m', removed: 'nothing', first: 'move-away'};
	}

	return isDamaged && /\/_manifests\/revisions\/(?:.*\/)?link$/.test(path)
		? {path, collection: 'every', removed: 'nothing', first: 'move-away'}
		: misnamedRepository(path);
}

/** `move it away first` */
export function sayFirst({first}: CollectionStop): string {
	return first === 'repair' ? 'repair it first' : 'move it away first';
}

/** Every folder or file `_layers` makes what holds it a repository, whose name has to be valid. Folders in `_…` are not read. */
export function misnamedRepository(path: string): CollectionStop | undefined {
	const [, repository = ''] = /^repositories\/(?:((?:[^/_][^/]*\/)*[^/_][^/]*)\/)?_layers$/.exec(path) ?? [path, path];
	return repository === path || isRepositoryName(repository)
		? undefined
		: {path, collection: 'every', removed: 'nothing', first: 'move-away'};
}

/** The registry reads a digest from the names of the last two or three folders, wherever they lie. */
function namesDigest(path: string): boolean {
	const [hex = '', above = '', algorithm = ''] = path.split('/').slice(0, -1).reverse();
	const length = {sha256: 64, sha384: 96, sha512: 128}[above === hex.slice(0, 2) ? algorithm : above];
	return hex.length === length && /^[0-9a-f]+$/.test(hex);
}
