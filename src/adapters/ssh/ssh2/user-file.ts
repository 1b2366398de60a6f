import {constants} from 'node:fs';
import {open} from 'node:fs/promises';

const mostBytes = 4 * 1024 * 1024;

/**
 * A file of the user's ssh. /dev/null is a usual one, so any kind is read, as far as it comes at once: a pipe that nobody has
 * written to is empty, and no signal would end the wait for it.
 * @throws as `readFile`; with the code EFBIG above 4 MiB
 */
export async function readUserFile(file: string): Promise<Buffer> {
	const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const bytes = Buffer.alloc(mostBytes);
		let length = 0;
		for (;;) {
			const {bytesRead} = await handle.read(bytes, length);
			length += bytesRead;
			if (length === mostBytes) {
				throw Object.assign(new Error(`${file} does not end`), {code: 'EFBIG'});
			}

			if (bytesRead === 0) {
				return Buffer.from(bytes.subarray(0, length));
			}
		}
	} finally {
		await handle.close();
	}
}
