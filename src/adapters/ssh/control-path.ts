import {lstat, mkdir} from 'node:fs/promises';
import path from 'node:path';
import {getuid} from 'node:process';

/**
 * A socket address is at most 104 bytes on some systems, and ssh binds a name 17 characters longer first.
 * @see openssh-portable mux.c, muxserver_listen
 */
const longestPath = 104 - 18;

/** @returns undefined where sharing is not safe or not possible: then every command connects by itself */
export async function controlPathIn(folder: string, name: string): Promise<string | undefined> {
	const file = path.join(folder, name.slice(0, 12));
	if (Buffer.byteLength(file) > longestPath || !/^[A-Za-z0-9._/-]+$/.test(file)) {
		return undefined;
	}

	try {
		await mkdir(folder, {mode: 0o700}).catch(unlessThere);
		const {mode, uid} = await lstat(folder);
		const isOwn = (mode & 0o170077) === 0o040000 && uid === getuid?.();
		return isOwn ? file : undefined;
	} catch {
		return undefined;
	}
}

function unlessThere(error: NodeJS.ErrnoException): void {
	if (error.code !== 'EEXIST') {
		throw error;
	}
}
