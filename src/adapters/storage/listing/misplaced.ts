import {isDigest} from '../../../domain/image/digest.ts';
import {type CollectionStop, misnamedRepository, strayStop} from '../../../domain/storage/listing/collection-stop.ts';
import type {ObstacleKind} from '../../../domain/storage/listing/obstacles.ts';
import {obstacleKindOf} from './entries.ts';
import {type Folder, type Folders, pathBelow} from './folders.ts';

/** Entries that a registry would not have written there. */
export type Misplaced = {
	/** Entries that the listing does not enter, and why. */
	closed: {path: string; reason: string}[];
	/** What stands where a registry keeps a file or a folder of its own. */
	obstacles: Map<string, ObstacleKind>;
	/** Symbolic links in the place of a file: the registry follows them. */
	linked: string[];
	/** Entries that no registry writes, each counted once with everything below it. */
	leftOut: number;
	/** The first of them, but for names with a character that no registry writes. */
	strays: string[];
	/** Those at which a collection stops, however deep, with the same exception. */
	stops: CollectionStop[];
	/** Traces of another program that keeps its files in such a folder. */
	otherLayouts: {objectStore: number; ociLayout: number};
};

/** More names than these help nobody. */
const mostStrays = 20;
/** A collection stops at the first. */
const mostStops = 1000;

export function noneMisplaced(): Misplaced {
	return {
		closed: [],
		obstacles: new Map(),
		linked: [],
		leftOut: 0,
		strays: [],
		stops: [],
		otherLayouts: {objectStore: 0, ociLayout: 0},
	};
}

/** Takes an entry that is neither a folder nor a file in its place. */
export function takeMisplaced(
	{parent, type, name, size}: {parent: Folder; type: string; name: string; size: number},
	folders: Folders,
	into: Misplaced,
): void {
	const wanted = folders.wanted(parent, name);
	if (wanted === undefined && type !== 'l') {
		noteStop(strayStop(pathBelow(parent, name), size), into);
	}

	if (type === 'l') {
		if (wanted === 'file') {
			into.linked.push(pathBelow(parent, name));
		} else {
			into.closed.push({path: pathBelow(parent, name), reason: 'is a symbolic link'});
		}

		return;
	}

	// Any name may be a repository's, so a file beside the repositories may be anything.
	if (wanted === undefined || (parent.kind === 'repositories' && !name.startsWith('_'))) {
		noteOtherLayout(parent, name, into);
		leaveOut(parent, name, into);
		return;
	}

	if (hidesNames(parent, name)) {
		into.closed.push({path: pathBelow(parent, name), reason: 'is no folder'});
		return;
	}

	into.obstacles.set(pathBelow(parent, name), obstacleKindOf(type));
	if (parent.kind === 'tags') {
		// The registry lists every entry as a tag.
		folders.below(parent, name);
	}
}

/** Without such a folder it is not known what it held: the tags of a repository, or the blobs of the whole store. */
function hidesNames({kind}: Folder, name: string): boolean {
	return kind === 'root' || kind === 'blobs' || name === '_manifests' || (kind === 'manifests' && name === 'tags');
}

/** A folder that no registry writes. */
export function takeUnknownFolder(parent: Folder, name: string, into: Misplaced): void {
	if (name === '_layers') {
		noteStop(misnamedRepository(pathBelow(parent, name)), into);
	}

	leaveOut(parent, name, into);
}

function noteStop(stop: CollectionStop | undefined, into: Misplaced): void {
	if (stop !== undefined && into.stops.length < mostStops) {
		into.stops.push(stop);
	}
}

function leaveOut(parent: Folder, name: string, into: Misplaced): void {
	if (parent.kind === 'unknown' || parent.kind === 'in-place-of-a-file') {
		return;
	}

	into.leftOut++;
	if (into.strays.length < mostStrays) {
		into.strays.push(pathBelow(parent, name));
	}
}

/**
 * MinIO keeps an object as a folder of its name with `xl.meta` in it, before 2020 `xl.json`. An OCI layout and containerd's
 * content store keep a blob as a file that has its digest for a name.
 * @see minio docs/bucket/versioning/DESIGN.md; OCI image-spec image-layout.md
 */
function noteOtherLayout({kind, algorithm}: Folder, name: string, {otherLayouts}: Misplaced): void {
	if (kind === 'in-place-of-a-file' && (name === 'xl.meta' || name === 'xl.json')) {
		otherLayouts.objectStore++;
	} else if (kind === 'blob-algorithm' && isDigest(`${algorithm}:${name}`)) {
		otherLayouts.ociLayout++;
	}
}
