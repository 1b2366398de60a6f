import {mkdir, readdir, symlink} from 'node:fs/promises';
import path from 'node:path';

/** Makes a folder with a link to every program that PATH finds, except these: a host where they are not installed. */
export async function pathWithout(programs: readonly string[], folder: string): Promise<string> {
	await mkdir(folder);
	const taken = new Set(programs);

	for (const from of (process.env.PATH ?? '').split(path.delimiter)) {
		for (const name of await readdir(from).catch(() => [])) {
			if (taken.has(name)) {
				continue;
			}

			taken.add(name);
			await symlink(path.join(from, name), path.join(folder, name));
		}
	}

	return folder;
}
