/**
 * The parts of a path below the root: no empty ones, `.` or `..`, which stops at the root. Empty: the root itself.
 * @see containerd archive/tar.go, applyNaive: filepath.Clean, then fs.RootPath
 */
export function partsOf(path: string): string[] {
	const parts: string[] = [];
	for (const part of path.split('/')) {
		if (part === '..') {
			parts.pop();
		} else if (part !== '' && part !== '.') {
			parts.push(part);
		}
	}

	return parts;
}

const whiteoutPrefix = '.wh.';
const opaqueName = '.wh..wh..opq';

/**
 * What the last part of a name says: `remove` of a file below, `clear` of what the layers below have in its folder. `invalid`: a
 * whiteout of the folder itself or of its parent.
 * @see OCI image-spec layer.md, "Whiteouts"; containerd archive/tar.go, validateWhiteout
 */
export function whiteoutIn(base: string): {kind: 'remove'; name: string} | {kind: 'clear' | 'invalid'} | undefined {
	if (!base.startsWith(whiteoutPrefix)) {
		return undefined;
	}

	const name = base.slice(whiteoutPrefix.length);
	return base === opaqueName
		? {kind: 'clear'}
		: name === '' || name === '.' || name === '..'
			? {kind: 'invalid'}
			: {kind: 'remove', name};
}
