import {createHash} from 'node:crypto';
import {copyFile, type FileHandle, mkdir, open, truncate} from 'node:fs/promises';
import path from 'node:path';
import type {Digest} from '../../domain/digest.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {JournalEvent, Stamp} from '../../domain/event.ts';
import type {Journal} from '../../engine/ports.ts';
import {beginning, writeLine} from './journal-line.ts';
import {type Lock, lockFolder} from './lock.ts';
import {eventsFile, readJournal} from './read-journal.ts';

export type JournalOptions = {folder: string; actor: string; stamp(): Stamp; takeOver?: boolean};

/** @throws OperatorError journal.unwritable */
export async function makeIncidentFolder(folder: string): Promise<void> {
	await mkdir(folder, {recursive: true, mode: 0o700}).catch(error => {
		throw failure(folder, error);
	});
}

/** Begins the journal of a new incident. Folder 0700, files 0600. @throws OperatorError journal.unwritable */
export async function createJournal(options: JournalOptions): Promise<Journal> {
	const {folder} = options;
	try {
		await mkdir(path.join(folder, 'evidence'), {recursive: true, mode: 0o700});
		await (await open(path.join(folder, eventsFile), 'wx', 0o600)).close();
	} catch (error) {
		throw failure(folder, error);
	}

	const lock = await lockFolder(folder, options.actor);
	const journal = await start(options, lock, {events: [], head: beginning, wholeBytes: 0});
	await syncFolder(folder);
	return journal;
}

/**
 * Opens a journal to go on with it: proves it, sets a torn tail aside, says so in the journal itself.
 * @throws OperatorError incident.locked | journal.broken | journal.missing
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
	const {folder, stamp} = options;
	const lock = await lockFolder(
		folder,
		options.actor,
		options.takeOver === undefined ? {} : {takeOver: options.takeOver},
	);
	try {
		const read = await readJournal(folder);
		const file = path.join(folder, eventsFile);
		const torn = read.torn && {...read.torn, file: `events.torn-${stamp().at.replace(/[:.]/g, '')}`};
		if (torn) {
			await copyFile(file, path.join(folder, torn.file));
			await truncate(file, read.wholeBytes);
		}

		const journal = await start(options, lock, read);
		if (torn) {
			await journal.append({...stamp(), type: 'journal.recovered', lostBytes: torn.bytes, file: torn.file});
		}

		return journal;
	} catch (error) {
		await lock.release();
		throw error;
	}
}

async function start(
	options: JournalOptions,
	lock: Lock,
	read: {events: JournalEvent[]; head: string; wholeBytes: number},
): Promise<Journal> {
	const {folder, stamp} = options;
	const events = [...read.events];
	let {head, wholeBytes} = read;
	let closed = false;
	let queue: Promise<unknown> = Promise.resolve();
	const file = await open(path.join(folder, eventsFile), 'a', 0o600).catch(error => {
		throw failure(folder, error);
	});

	async function write(event: JournalEvent): Promise<void> {
		if (closed) {
			throw new OperatorError('journal.closed', 'The journal of this incident is closed.', {
				hint: 'Start a new incident.',
				exit: 'failed',
			});
		}

		const {line, hash} = writeLine(event, events.length, head);
		const bytes = Buffer.from(`${line}\n`);
		try {
			await writeWhole(file, bytes);
			await file.datasync();
		} catch (error) {
			// What stands half-written must not look like an event to whoever reads next.
			await file.truncate(wholeBytes).catch(() => {});
			throw failure(folder, error);
		}

		events.push(event);
		head = hash;
		wholeBytes += bytes.length;
	}

	const append = (event: JournalEvent): Promise<void> => {
		const turn = queue.then(() => write(event));
		queue = turn.catch(() => {});
		return turn;
	};

	return {
		folder,
		events: () => events,
		append,
		async keep(name, content) {
			const bytes = Buffer.from(content);
			try {
				const below = await writeNew(
					folder,
					`${String(events.length).padStart(4, '0')}-${name.replace(/[^\w.-]/g, '_')}`,
					bytes,
				);
				return {
					file: below,
					digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest,
					bytes: bytes.length,
				};
			} catch (error) {
				throw failure(folder, error);
			}
		},
		async seal() {
			await queue;
			await append({...stamp(), type: 'journal.sealed', events: events.length, head});
			closed = true;
		},
		async close() {
			await queue;
			closed = true;
			await file.close();
			await lock.release();
		},
	};
}

/** Evidence is never written over: what a run that crashed has left there keeps its name. */
async function writeNew(folder: string, name: string, bytes: Buffer): Promise<string> {
	for (let copy = 0; ; copy++) {
		const below = path.join('evidence', copy === 0 ? name : `${copy}-${name}`);
		const file = await open(path.join(folder, below), 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== 'EEXIST') {
				throw error;
			}
		});
		if (file) {
			await file.writeFile(bytes);
			await file.datasync().finally(() => file.close());
			return below;
		}
	}
}

/** A write may be taken in part: then the rest follows. */
async function writeWhole(file: FileHandle, bytes: Buffer): Promise<void> {
	for (let offset = 0; offset < bytes.length; ) {
		const {bytesWritten} = await file.write(bytes, offset);
		offset += bytesWritten;
	}
}

/** The entry of a new file is on the disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
	for (const each of [folder, path.dirname(folder)]) {
		const handle = await open(each, 'r');
		await handle.sync().finally(() => handle.close());
	}
}

function failure(folder: string, cause: unknown): OperatorError {
	const code = (cause as NodeJS.ErrnoException).code;
	if (cause instanceof OperatorError) {
		return cause;
	}

	return code === 'ENOSPC' || code === 'EDQUOT'
		? new OperatorError('journal.full', `The disk is full: ${folder} cannot be written.`, {
				hint: 'Nothing more is done. Free some space, or set XDG_STATE_HOME to another disk, then resume.',
				exit: 'failed',
				cause,
			})
		: new OperatorError('journal.unwritable', `Can't write ${folder}: ${code ?? String(cause)}.`, {
				hint: 'The record of an incident needs a folder that can be written. Set XDG_STATE_HOME to one.',
				exit: 'failed',
				cause,
			});
}
