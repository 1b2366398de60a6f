/**
 * The repositories above this one that distribution 2.8 and 3.1 leave out of the catalogue where a page ends in it: `app` after
 * `app/2`. They walk the folders by name. A digit sorts before the `_layers` or `_manifests` that shows `app` to be a
 * repository, so `app` comes after the end of the page, and the next page only has names that sort after `app/2`.
 * @see distribution v2.8.2 and v3.1.1 registry/storage/catalog.go, handleRepository and lessPath
 */
export function parentsOmittedAt(pageEnd: string): string[] {
	return [...pageEnd.matchAll(/\/(?=\d)/g)].map(({index}) => pageEnd.slice(0, index));
}
