import {parentFolder} from './paths.ts';

/**
 * What stands in the place of a file or a folder. `circle` and `nothing`: a symbolic link that leads there. A symbolic link
 * that leads to a plain file is no obstacle: the registry follows it.
 */
export const obstacleKinds = ['folder', 'file', 'pipe', 'socket', 'device', 'circle', 'nothing'] as const;

export type ObstacleKind = (typeof obstacleKinds)[number];

/** The path of what stands in the way, below docker/registry/v2, which may be above the path that was asked for. */
export type Obstacle = {kind: ObstacleKind; path: string};

/** What keeps a registry from the file at this path: something at the path itself, or in the place of a folder above it. */
export function obstacleAt(obstacles: ReadonlyMap<string, ObstacleKind>, path: string): Obstacle | undefined {
	for (let at = obstacles.size === 0 ? '' : path; at !== ''; at = parentFolder(at)) {
		const kind = obstacles.get(at);
		if (kind !== undefined) {
			return {kind, path: at};
		}
	}

	return undefined;
}

/**
 * How registry 2.8 meets it. `absent`: it answers 404, as if nothing were there. `empty`: it serves a blob of 0 bytes.
 * `failing`: it answers 500, or hangs. Seen on 2.8.2; for data see also distribution v2.8.3 registry/storage/blobstore.go,
 * blobStatter.Stat, which takes a folder for an unknown blob.
 */
export function effectOn(what: 'link' | 'data', {kind}: Obstacle): 'absent' | 'empty' | 'failing' {
	if (kind === 'nothing' || (what === 'data' && kind === 'folder')) {
		return 'absent';
	}

	const isSpecial = kind === 'pipe' || kind === 'socket' || kind === 'device';
	return what === 'data' && isSpecial ? 'empty' : 'failing';
}

export const obstacleNames: Record<ObstacleKind, string> = {
	folder: 'a folder',
	file: 'a file',
	pipe: 'a named pipe',
	socket: 'a socket',
	device: 'a device',
	circle: 'a symbolic link that leads in a circle',
	nothing: 'a symbolic link that leads to nothing',
};

/** `a folder is in the place of its data`. @param wanted what a registry keeps there, or below it */
export function sayObstacle({kind, path}: Obstacle, wanted: string): string {
	// A plain file is never in the place of a file.
	const isItself = kind !== 'file' && (path.endsWith('/link') || path.endsWith('/data'));
	return `${obstacleNames[kind]} is in the place of ${isItself ? wanted : `the folder of ${wanted}`}`;
}
