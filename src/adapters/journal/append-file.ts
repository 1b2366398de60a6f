import {type FileHandle, open} from 'node:fs/promises';
import path from 'node:path';
import {OperatorError} from '../../domain/errors.ts';
import type {Stamp} from '../../domain/incident/event.ts';
import {eventsFile, type ReadJournal} from './events-file.ts';
import {writeNewFile} from './private-files.ts';

/** A file that grows by whole lines only: a line that could not be written to its end is removed again. */
type AppendFile = {append(line: string): Promise<void>; close(): Promise<void>};

/** @param wholeBytes how many bytes of the file are whole lines */
export async function openAppendFile(name: string, wholeBytes: number): Promise<AppendFile> {
	const file = await open(name, 'a', 0o600);
	let whole = wholeBytes;
	let damage: unknown;

	return {
		async append(line) {
			if (damage !== undefined) {
				throw damage;
			}

			// A holder whose disk stalled during a take-over may still have written a line. One more line after it would
			// break the chain of hashes.
			if ((await file.stat()).size !== whole) {
				throw new OperatorError('incident.taken-over', 'Another process has written to this journal.', {
					hint: 'regmedic does nothing more here. `regmedic resume` continues from what the journal says now.',
					exit: 'locked',
				});
			}

			const bytes = Buffer.from(`${line}\n`);
			try {
				await writeWhole(file, bytes);
				await file.datasync();
			} catch (error) {
				// A half-written line must not look like an event to the next reader, and no other line may follow it.
				await file.truncate(whole).catch(() => {
					damage = error;
				});
				throw error;
			}

			whole += bytes.length;
		},
		close: () => file.close(),
	};
}

/** The system may write a part only: then the rest follows. */
async function writeWhole(file: FileHandle, bytes: Buffer): Promise<void> {
	for (let offset = 0; offset < bytes.length; ) {
		const {bytesWritten} = await file.write(bytes, offset);
		offset += bytesWritten;
	}
}

/** Moves what a crash left after the last whole event into a file of its own. @returns that file's name */
export async function moveTornTail(folder: string, {wholeBytes}: ReadJournal, {at}: Stamp): Promise<string> {
	const events = await open(path.join(folder, eventsFile), 'r+');
	try {
		const {size} = await events.stat();
		const tail = Buffer.alloc(size - wholeBytes);
		await events.read(tail, 0, tail.length, wholeBytes);
		const wanted = `events.torn-${at.replace(/[:.]/g, '')}`;
		const name = await writeNewFile(folder, copy => (copy === 0 ? wanted : `${wanted}-${copy}`), tail);
		await events.truncate(wholeBytes);
		await events.sync();
		return name;
	} finally {
		await events.close();
	}
}
