import {readFile, stat} from 'node:fs/promises';

const largestFileBytes = 1024 * 1024;

/** Undefined: it is not a regular file of a usual size. Anything else might not end. */
export async function regularText(file: string): Promise<string | undefined> {
	try {
		const found = await stat(file);
		return found.isFile() && found.size <= largestFileBytes ? await readFile(file, 'utf8') : undefined;
	} catch {
		return undefined;
	}
}
