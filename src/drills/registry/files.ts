import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';

/** What the filesystem driver's PathNotFoundError covers. */
export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
	if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
		return undefined;
	}

	throw error;
}

export async function readIfThere(file: string): Promise<Buffer | undefined> {
	return readFile(file).catch(ignoreMissing);
}

export async function putContent(file: string, content: string | Uint8Array): Promise<void> {
	await mkdir(path.dirname(file), {recursive: true});
	await writeFile(file, content);
}
