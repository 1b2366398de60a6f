/** A store that a container engine keeps for its containers: the volume's name, and a folder in it where the store is not its top. */
export type Volume = {volume: string; engine?: Engine};

export const engines = ['docker', 'podman'] as const;
export type Engine = (typeof engines)[number];

/** @see moby daemon/names: RestrictedNameChars; podman takes the same */
const shape = /^(?<name>[A-Za-z0-9][A-Za-z0-9_.-]*)(?:\/(?<folder>[A-Za-z0-9_@+,.=:/-]+))?$/;

export function isVolume(text: string): boolean {
	const {folder = ''} = shape.exec(text)?.groups ?? {};
	return shape.test(text) && !folder.split('/').includes('..');
}

/** `registry-data/private`: the volume, and the folder in it. */
export function partsOfVolume(text: string): {name: string; folder: string} {
	const {name = text, folder = ''} = shape.exec(text)?.groups ?? {};
	return {name, folder};
}

/** A folder in which a container engine keeps a volume. */
type VolumeFolder = {engine: Engine; name: string; below: string} & (
	| {rootless: false}
	/** `owner`: whose home it lies in, where the path tells. */
	| {rootless: true; owner: string}
);

/**
 * What the path of a folder tells of a volume: the data-root of docker may have been moved, so only the end of the path counts.
 * @see moby volume/local: DATA-ROOT/volumes/NAME/_data, /var/lib/docker; rootless docker: ~/.local/share/docker; containers/storage
 *   docs/containers-storage.conf.5.md: /var/lib/containers/storage, rootless: ~/.local/share/containers/storage
 */
export function volumeFolder(path: string): VolumeFolder | undefined {
	const {
		base = '',
		name,
		below = '',
	} = /^(?<base>\/.*)\/volumes\/(?<name>[A-Za-z0-9][A-Za-z0-9_.-]*)\/_data(?:\/(?<below>.*))?$/.exec(path)?.groups ??
	{};
	if (name === undefined) {
		return undefined;
	}

	const engine = base.endsWith('/containers/storage') ? 'podman' : 'docker';
	const owner = /^(?:\/.*)?\/([^/]+)\/\.local\/share\/(?:docker|containers\/storage)$/.exec(base)?.[1];
	const of = {engine, name, below: below.replace(/\/+$/, '').replace(/^docker\/registry\/v2$/, '')} as const;
	return owner === undefined ? {...of, rootless: false} : {...of, rootless: true, owner};
}
