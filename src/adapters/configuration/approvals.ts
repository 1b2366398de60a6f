import {createHash} from 'node:crypto';
import {access, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fileText} from './file-text.ts';
import {otherWriters} from './ownership.ts';

/** A configuration with everything that decides what it runs, as it was when a person approved it. */
export type Approvable = {
	file: string;
	text: string;
	/** Files that it names and that can run commands. */
	commandFiles: readonly string[];
};

const folderName = 'approved-configurations';

/** @param state the folder of everything that regmedic remembers */
export async function isApproved(approvable: Approvable, state: string, user: number | undefined): Promise<boolean> {
	const record = path.join(state, folderName, await contentHash(approvable));
	try {
		await access(record);
		return (await otherWriters(record, user)) === undefined;
	} catch {
		return false;
	}
}

/** @returns the hash that is remembered */
export async function approve(approvable: Approvable, state: string): Promise<string> {
	const hash = await contentHash(approvable);
	const folder = path.join(state, folderName);
	await mkdir(folder, {recursive: true, mode: 0o700});
	await writeFile(path.join(folder, hash), `${approvable.file}\n`, {mode: 0o600});
	return hash;
}

async function contentHash({file, text, commandFiles}: Approvable): Promise<string> {
	const hash = createHash('sha256').update(`${file}\0${text}`);
	for (const each of commandFiles) {
		const content = await fileText(each, {named: false}).catch(() => '');
		hash.update(`\0${each}\0${content}`);
	}

	return hash.digest('hex');
}
