/** A page without a next one, as far as its headers say. */
export type LastPage = {
	names: string[];
	/** `n` of its request. */
	limit: number | undefined;
	/** The registry names the specification it follows. */
	isSpecified: boolean;
};

/** What the pages before it showed. */
type EarlierPages = {
	/** The most names of a page that a `Link` followed; 0: no page had one. */
	linked: number;
	/** The most names of a page that had no `Link` and was not the last one; 0: there was none. */
	cut: number;
};

/**
 * Decides whether a page without a `Link` is the last one for certain. distribution 2.8 omits the `Link` if a page ends in a
 * repository below another one, and proxies may drop it. The specification allows fewer than `n` names only at the end or with
 * a `Link`. So the page is not certain to be the last one if it is as long as it may be, or if that length is not known.
 * @param isAlwaysPaged whether registries limit this list without being asked to: the catalogue, not the tags
 * @see OCI distribution-spec, "Listing Tags"; distribution v2.8.2 registry/storage/catalog.go, Repositories
 */
export function endsByItself(
	{names: {length}, limit, isSpecified}: LastPage,
	earlier: EarlierPages,
	isAlwaysPaged: boolean,
) {
	if (length === 0) {
		return true;
	}

	if (earlier.linked > 0) {
		return length < Math.min(earlier.linked, limit ?? Number.POSITIVE_INFINITY);
	}

	if (!isSpecified) {
		return false;
	}

	const longest = limit ?? (earlier.cut > 0 ? earlier.cut : undefined);
	return longest === undefined ? !isAlwaysPaged : length < longest;
}
