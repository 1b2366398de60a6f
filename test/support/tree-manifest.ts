import {spawnSync} from 'node:child_process';

/** Everything below a folder with its type, size, mode, mtime and ctime: equal lists mean that nothing was written. */
export function treeManifest(folder: string): string[] {
	const {stdout, status} = spawnSync('find', [folder, '-printf', '%y %s %m %T@ %C@ %P\\n'], {encoding: 'utf8'});
	if (status !== 0) {
		throw new Error(`find failed on ${folder}`);
	}

	return stdout.split('\n').sort();
}
