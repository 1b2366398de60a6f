/**
 * An object with the fields that Go's decoder would fill: a key in any case is the field. Anything but an object is left as it is, and
 * null is an object without fields.
 * @param onTwice told of a field that two keys fill: Go merges their values, others take one of them
 * @see go.dev/pkg/encoding/json, Unmarshal: "preferring exact matches but also accepting case-insensitive matches"
 */
export function asGoReads(value: unknown, keys: readonly string[], onTwice: (key: string) => void): unknown {
	if (value === null) {
		return {};
	}

	if (typeof value !== 'object' || Array.isArray(value)) {
		return value;
	}

	const fields = new Map(keys.map(key => [foldKey(key), key]));
	const read: Record<string, unknown> = {};
	for (const [key, each] of Object.entries(value)) {
		const field = fields.get(foldKey(key));
		if (field === undefined) {
			continue;
		}

		if (Object.hasOwn(read, field)) {
			onTwice(key);
		}

		read[field] = each;
	}

	return read;
}

/** As Go compares names: also ſ is s, and the Kelvin sign is k. */
export function foldKey(key: string): string {
	return key.toUpperCase().toLowerCase();
}
