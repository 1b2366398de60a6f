import {open} from 'node:fs/promises';
import path from 'node:path';
import type {Stamp} from '../../domain/incident/event.ts';
import {eventsFile, type ReadJournal} from './read-journal.ts';

/** Moves what a crash left behind the last whole event into a file of its own. @returns that file's name */
export async function setTornTailAside(folder: string, {wholeBytes}: ReadJournal, {at}: Stamp): Promise<string> {
	const events = await open(path.join(folder, eventsFile), 'r+');
	try {
		const {size} = await events.stat();
		const tail = Buffer.alloc(size - wholeBytes);
		await events.read(tail, 0, tail.length, wholeBytes);
		const aside = await keepTail(folder, `events.torn-${at.replace(/[:.]/g, '')}`, tail);
		await events.truncate(wholeBytes);
		await events.sync();
		return aside;
	} finally {
		await events.close();
	}
}

async function keepTail(folder: string, wanted: string, tail: Buffer): Promise<string> {
	for (let copy = 0; ; copy++) {
		const name = copy === 0 ? wanted : `${wanted}-${copy}`;
		const file = await open(path.join(folder, name), 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== 'EEXIST') {
				throw error;
			}
		});
		if (file) {
			await file.writeFile(tail);
			await file.sync().finally(() => file.close());
			return name;
		}
	}
}
