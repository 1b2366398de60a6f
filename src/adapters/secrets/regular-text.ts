import {readFile, stat} from 'node:fs/promises';

const largestFileBytes = 1024 * 1024;

/** Undefined: it is not a regular file of a usual size. Anything else might not end. */
export async function regularText(file: string): Promise<string | undefined> {
	return (await readRegular(file)).text;
}

/** The same, and why there is no text, as the end of a sentence about the file. */
export async function readRegular(file: string): Promise<{text: string} | {text?: never; why: string}> {
	try {
		const found = await stat(file);
		if (!found.isFile() || found.size > largestFileBytes) {
			return {why: 'is not a regular file of a usual size'};
		}

		return {text: await readFile(file, 'utf8')};
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException;
		return {why: code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read: ${code}`};
	}
}
