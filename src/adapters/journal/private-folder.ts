import {mkdir} from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder and those above it, each 0700. Not with `recursive`: where nothing can be made (below /proc), Node 24
 * tries that without end, and no signal reaches it.
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
		// A second ENOENT under a folder that is there: nothing can be made in it. Another regmedic may have been first.
		await mkdir(folder, {mode: 0o700}).catch(unlessThere);
	}
}

function unlessThere(error: NodeJS.ErrnoException): void {
	if (error.code !== 'EEXIST') {
		throw error;
	}
}
