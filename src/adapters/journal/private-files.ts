import {constants} from 'node:fs';
import {mkdir, open, rm} from 'node:fs/promises';
import path from 'node:path';
import {OperatorError} from '../../domain/errors.ts';

/**
 * Makes a folder and those above it, each 0700. Not with `recursive`: where no folder can be made (below /proc), Node 24
 * retries without end, and no signal stops it.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
	try {
		await mkdir(folder, {mode: 0o700});
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException;
		const above = path.dirname(folder);
		if (code === 'EEXIST') {
			return;
		}

		if (code !== 'ENOENT' || above === folder) {
			throw error;
		}

		await makePrivateFolder(above);
		// ENOENT again, under a folder that exists: none can be made in it. EEXIST: another regmedic made it first.
		await mkdir(folder, {mode: 0o700}).catch(unlessExists);
	}
}

/**
 * Writes a file that does not exist yet, and never over one that does.
 * @param nameOf the name below the folder for the first, second, … try, counted from 0
 * @returns the name that was free; the file is on the disk
 */
export async function writeNewFile(
	folder: string,
	nameOf: (copy: number) => string,
	content: Uint8Array,
): Promise<string> {
	for (let copy = 0; ; copy++) {
		const name = nameOf(copy);
		const file = await open(path.join(folder, name), 'wx', 0o600).catch(unlessExists);
		if (!file) {
			continue;
		}

		try {
			await file.writeFile(content);
			await file.sync();
			return name;
		} catch (error) {
			await rm(path.join(folder, name), {force: true}).catch(() => {});
			throw error;
		} finally {
			await file.close();
		}
	}
}

/** Puts the entries of a folder, and its own entry, on the disk: until then a new file in it may be lost. */
export async function syncFolder(folder: string): Promise<void> {
	for (const each of [folder, path.dirname(folder)]) {
		const handle = await open(each, 'r');
		// Some network file systems cannot sync a folder: EINVAL.
		await handle
			.sync()
			.catch((error: NodeJS.ErrnoException) => {
				if (error.code !== 'EINVAL') {
					throw error;
				}
			})
			.finally(() => handle.close());
	}
}

/**
 * Reads a file of a journal. A pipe or a device in its place would be waited for, and nothing could end that: open(2) waits
 * without O_NONBLOCK. @throws OperatorError journal.missing: it is no file, and the errors of the system
 */
export async function readRegularFile(file: string): Promise<Buffer> {
	const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		if (!(await handle.stat()).isFile()) {
			throw new OperatorError('journal.missing', `Can't read ${file}: it is not a regular file.`, {
				hint: '`regmedic incidents` lists the incidents.',
				exit: 'failed',
			});
		}

		return await handle.readFile();
	} finally {
		await handle.close();
	}
}

function unlessExists(error: NodeJS.ErrnoException): undefined {
	if (error.code !== 'EEXIST') {
		throw error;
	}
}
