import {rename, writeFile} from 'node:fs/promises';

/** Whole or not at all, also for who reads it after a kill. */
export async function writeAtomically(file: string, content: string, mode = 0o600): Promise<void> {
	await writeFile(`${file}.new`, content, {mode});
	await rename(`${file}.new`, file);
}
