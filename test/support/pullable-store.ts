import {execFile} from 'node:child_process';
import {mkdir, readdir} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';

const run = promisify(execFile);

/** Unpacks the store of 47 images whose digests are all right, `c/NAME:t`. @returns the names */
export async function unpackPullableStore(root: string): Promise<string[]> {
	await mkdir(root);
	await run('tar', ['xzf', path.resolve('test/recorded/pullable.tar.gz'), '-C', root]);
	return readdir(path.join(root, 'docker/registry/v2/repositories/c'));
}
