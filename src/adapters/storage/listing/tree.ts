import type {Digest} from '../../../domain/image/digest.ts';
import type {Link, RepositoryListing, StoredBlob} from '../../../domain/storage/listing/listing.ts';
import type {Entries, EntryType} from './entries.ts';
import {isHostile, openPlaces, type Place, pathOf} from './places.ts';

/** What the pass over the tree said, as far as it came. */
export type Tree = {
	taken: number;
	/** Which of its forms the listing has. */
	form: 'names' | 'stat' | 'ls' | undefined;
	repositories: Map<string, RepositoryListing>;
	blobs: Map<Digest, StoredBlob>;
	folders: Map<string, number>;
	/** Links of revisions and layers that were written again after they had been made, by a push or by a hand. */
	rewritten: Set<Link>;
	/** Entries the pass does not look into, and why. */
	closed: {path: string; reason: string}[];
	/** Entries that no registry writes, each with all that is below it. */
	leftOut: number;
	/** Entries seen. */
	files: number;
	/** Records that are no entries: the listing cannot be trusted. */
	malformed: number;
	/** find's exit code; undefined: its end was not seen. */
	end: number | undefined;
};

const sameWritingSeconds = 2;

/** Sorts entries into the tree. @returns also `finish`, after which no entry may come */
export function openTree(): {tree: Tree; entries: Entries; finish(): void} {
	const tree: Tree = {
		taken: Number.NaN,
		form: undefined,
		repositories: new Map(),
		blobs: new Map(),
		folders: new Map(),
		rewritten: new Set(),
		closed: [],
		leftOut: 0,
		files: 0,
		malformed: 0,
		end: undefined,
	};
	const places = openPlaces(tree.repositories);
	/** The folders we are in, from the root down. */
	const within: Place[] = [];
	let device = 0;

	const entries: Entries = {
		named(type, number, changed, depth, name) {
			const parent = within[depth - 1];
			if (depth === 0 && type === 'd') {
				device = number;
				enter(0, places.root(), changed);
			} else if (parent === undefined) {
				tree.malformed++;
			} else {
				take(parent, depth, type, number, changed, name);
			}
		},
		located(type, size, on = 0, changed, path) {
			if (path === '') {
				device = on;
				enter(0, places.root(), changed);
			} else {
				const names = path.split('/');
				const parent = descend(names);
				take(parent, names.length, type, type === 'd' ? on : size, changed, names.at(-1)!);
			}
		},
		leftOut: () => void tree.leftOut++,
		malformed: () => void tree.malformed++,
	};

	return {tree, entries, finish: () => leave(0)};

	/** ls sorts, so a folder may be left and come again: `1.0`, `1.0-rc`, `1.0/current`. */
	function descend(names: string[]): Place {
		if (within[0] === undefined) {
			enter(0, places.root(), undefined);
		}

		for (let depth = 1; depth < names.length; depth++) {
			if (within[depth]?.name !== names[depth - 1]) {
				enter(depth, places.below(within[depth - 1]!, names[depth - 1]!), undefined);
			}
		}

		return within[names.length - 1]!;
	}

	function take(parent: Place, depth: number, type: EntryType, number: number, changed: number, name: string): void {
		tree.files++;
		if (type === 'f' && takeFile(parent, name, number, changed)) {
			return;
		}

		const isWithinHostile = parent.kind === 'hostile';
		if (isWithinHostile || isHostile(name)) {
			tree.leftOut += isWithinHostile ? 0 : 1;
			if (type === 'd') {
				enter(depth, places.hostile(parent, name), undefined);
			}
		} else if (type === 'd') {
			const place = places.below(parent, name);
			enter(depth, place, changed);
			if (number !== device) {
				tree.closed.push({path: pathOf(place), reason: 'is another file system'});
			} else if (place.kind === 'unknown' && parent.kind !== 'unknown') {
				tree.leftOut++;
			}
		} else if (type === 'l') {
			tree.closed.push({path: pathOf({...parent, parent, name}), reason: 'is a symbolic link'});
		} else if (parent.kind !== 'unknown') {
			tree.leftOut++;
		}
	}

	/** @returns whether it is one of the files a registry writes there */
	function takeFile(place: Place, name: string, size: number, changed: number): boolean {
		const {kind, listing, parent, digest} = place;
		if (name === 'data' && kind === 'blob') {
			tree.blobs.set(digest!, {size, changed});
		} else if (name === 'link' && kind === 'revision') {
			listing!.revisions.set(digest!, linkIn(place, size, changed));
		} else if (name === 'link' && kind === 'layer') {
			listing!.layers.set(digest!, linkIn(place, size, changed));
		} else if (name === 'link' && kind === 'current') {
			listing!.tags.set(parent!.name, {link: {size, changed}});
			makeWhole(parent!);
		} else {
			return name === 'link' && kind === 'entry';
		}

		makeWhole(place);
		return true;
	}

	/** A folder's time is when its link was made: a later one of the link itself is that of another writing. */
	function linkIn({changed: made}: Place, size: number, changed: number): Link {
		const link = {size, changed};
		if (made === undefined || Math.abs(changed - made) > sameWritingSeconds) {
			tree.rewritten.add(link);
		}

		return link;
	}

	/** Folders are kept for what is gone from them; this one is whole. */
	function makeWhole(place: Place): void {
		place.isWhole = true;
		if (place.changed === undefined) {
			tree.folders.delete(pathOf(place));
		}
	}

	function enter(depth: number, place: Place, changed: number | undefined): void {
		leave(depth);
		place.changed = changed;
		within[depth] = place;
	}

	function leave(depth: number): void {
		while (within.length > depth) {
			const place = within.pop()!;
			if (!place.isWhole && place.changed !== undefined && place.kind !== 'unknown') {
				tree.folders.set(pathOf(place), place.changed);
			}
		}
	}
}
