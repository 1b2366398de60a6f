import type {Digest} from '../../../domain/image/digest.ts';
import type {Link, TagListing} from '../../../domain/storage/listing/listing.ts';

/**
 * A map of one entry. Most tags have named one digest only, and an empty Map takes 200 bytes: in a large store that is more than
 * all else that is kept of a tag.
 */
class SingleEntry<Key, Value> implements ReadonlyMap<Key, Value> {
	readonly #key: Key;
	readonly #value: Value;

	constructor(key: Key, value: Value) {
		this.#key = key;
		this.#value = value;
	}

	get size() {
		return 1;
	}

	get(key: Key): Value | undefined {
		return key === this.#key ? this.#value : undefined;
	}

	has(key: Key): boolean {
		return key === this.#key;
	}

	forEach(call: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
		call(this.#value, this.#key, this);
	}

	entries() {
		return new Map([[this.#key, this.#value]]).entries();
	}

	keys() {
		return new Map([[this.#key, this.#value]]).keys();
	}

	values() {
		return new Map([[this.#key, this.#value]]).values();
	}

	[Symbol.iterator]() {
		return this.entries();
	}
}

/** The same map with one more entry. */
export function withEntry<Key, Value>(
	map: ReadonlyMap<Key, Value> | undefined,
	key: Key,
	value: Value,
): ReadonlyMap<Key, Value> {
	if (map === undefined || (map.size === 1 && map.has(key))) {
		return new SingleEntry(key, value);
	}

	return (map instanceof Map ? map : new Map(map)).set(key, value);
}

/** Written out: an object that grows after it was made takes twice the memory. */
export function taggedAs(link: Link | undefined, history: ReadonlyMap<Digest, number> | undefined): TagListing {
	if (link === undefined) {
		return history === undefined ? {} : {history};
	}

	return history === undefined ? {link} : {link, history};
}
