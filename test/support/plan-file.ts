import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';

/** What `--approve` wants for a plan: the SHA-256 of its file, in hexadecimal. */
export async function hashOfFile(file: string): Promise<string> {
	return createHash('sha256')
		.update(await readFile(file))
		.digest('hex');
}
