import {constants} from 'node:fs';
import {open} from 'node:fs/promises';

/**
 * The text of a plain file. A pipe or a device in its place might never end, and no signal ends the wait for it.
 * @throws as `readFile`; with the code ENOTREG where it is no plain file
 */
export async function readRegularText(file: string): Promise<string> {
	const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		if (!(await handle.stat()).isFile()) {
			throw Object.assign(new Error(`${file} is not a plain file`), {code: 'ENOTREG'});
		}

		return await handle.readFile('utf8');
	} finally {
		await handle.close();
	}
}
