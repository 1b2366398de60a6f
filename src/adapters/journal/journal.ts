import {createHash} from 'node:crypto';
import {open} from 'node:fs/promises';
import path from 'node:path';
import {OperatorError} from '../../domain/errors.ts';
import {parseDigest} from '../../domain/image/digest.ts';
import type {Stamp} from '../../domain/incident/event.ts';
import type {Journal} from '../../engine/ports/journal.ts';
import type {Processes} from '../../engine/ports/processes.ts';
import {
	eventsFile,
	firstPrev,
	moveTornTail,
	openAppendFile,
	type RecordedEvent,
	readJournal,
	writeLine,
} from './events-file.ts';
import {type Lock, lockFolder} from './lock.ts';
import {makePrivateFolder, syncFolder, writeNewFile} from './private-files.ts';
import {setAsideUnrecorded} from './verify-record.ts';

type JournalOptions = {
	/** The folder of the incident. */
	folder: string;
	actor: string;
	processes: Processes;
	stamp(): Stamp;
	/** Take the lock even if another process holds it. */
	takeOver?: boolean;
};

/** @throws OperatorError journal.unwritable */
export async function makeIncidentFolder(folder: string): Promise<void> {
	await makePrivateFolder(folder).catch(error => {
		throw journalFailure(folder, error);
	});
}

/** Creates the journal of a new incident. Folder 0700, files 0600. @throws OperatorError journal.unwritable | journal.full */
export async function createJournal(options: JournalOptions): Promise<Journal> {
	const {folder} = options;
	let lock: Lock | undefined;
	try {
		await makePrivateFolder(path.join(folder, 'evidence'));
		await (await open(path.join(folder, eventsFile), 'wx', 0o600)).close();
		lock = await lockFolder(folder, options);
		await syncFolder(folder);
		return await openEvents(options, lock, {events: [], head: firstPrev, wholeBytes: 0});
	} catch (error) {
		await lock?.release();
		throw journalFailure(folder, error);
	}
}

/**
 * Opens a journal to continue it: checks it, moves a torn tail into a file of its own, and records that in the journal.
 * @throws OperatorError incident.locked | journal.closed | journal.broken | journal.missing | journal.full | journal.unwritable
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
	const {folder, stamp} = options;
	// A folder without a journal is an error before a lock is left in it.
	await readJournal(folder);
	let lock: Lock | undefined;
	try {
		lock = await lockFolder(folder, options);
		const read = await readJournal(folder);
		if (read.sealed) {
			throw closed(`regmedic export ${path.basename(folder)}`);
		}

		await setAsideUnrecorded(folder, read.events);
		const aside = read.torn && (await moveTornTail(folder, read, stamp()));
		const journal = await openEvents(options, lock, read);
		if (read.torn && aside !== undefined) {
			await journal.append({...stamp(), type: 'journal.recovered', lostBytes: read.torn.bytes, file: aside});
		}

		return journal;
	} catch (error) {
		await lock?.release();
		throw journalFailure(folder, error);
	}
}

async function openEvents(
	{folder, stamp}: JournalOptions,
	lock: Lock,
	read: {events: RecordedEvent[]; head: string; wholeBytes: number},
): Promise<Journal> {
	const events = [...read.events];
	const file = await openAppendFile(path.join(folder, eventsFile), read.wholeBytes);
	let {head} = read;
	let isClosed = false;
	let queue: Promise<unknown> = Promise.resolve();

	async function write(event: Parameters<Journal['append']>[0]): Promise<void> {
		if (isClosed) {
			throw closed('regmedic respond');
		}

		if (!(await lock.isHeld())) {
			throw new OperatorError('incident.taken-over', 'Another process has taken over this incident.', {
				hint: `regmedic does nothing more here. \`regmedic export ${path.basename(folder)}\` shows the state of the incident.`,
				exit: 'locked',
			});
		}

		const {line, hash} = writeLine(event, events.length, head);
		await file.append(line);
		events.push(JSON.parse(line));
		head = hash;
	}

	/** Runs one piece of work after the other, whether or not the one before failed. */
	function inTurn<T>(work: () => Promise<T>): Promise<T> {
		const turn = queue.then(work).catch(error => {
			throw journalFailure(folder, error);
		});
		queue = turn.catch(() => {});
		return turn;
	}

	return {
		folder,
		events: () => events,
		append: event => inTurn(() => write(event)),
		async keep(name, content) {
			const bytes = Buffer.from(content);
			const wanted = `${String(events.length).padStart(4, '0')}-${name.replace(/[^\w.-]/g, '_')}`;
			// An earlier process that crashed may have left a file of this name.
			const nameOf = (copy: number) => path.join('evidence', copy === 0 ? wanted : `${copy}-${wanted}`);
			const written = await writeNewFile(folder, nameOf, bytes).catch(error => {
				throw journalFailure(folder, error);
			});
			const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
			return {file: written, digest, bytes: bytes.length};
		},
		seal: () =>
			inTurn(async () => {
				await write({...stamp(), type: 'journal.sealed', events: events.length, head});
				isClosed = true;
			}),
		async close() {
			await queue;
			isClosed = true;
			await file.close();
			await lock.release();
		},
	};
}

function closed(command: string): OperatorError {
	return new OperatorError('journal.closed', 'The journal of this incident is closed.', {
		hint: `No more events can be added to it: \`${command}\`.`,
		exit: 'failed',
	});
}

/** An error that the operator can fix. What is one already stays as it is. */
function journalFailure(folder: string, cause: unknown): OperatorError {
	if (cause instanceof OperatorError) {
		return cause;
	}

	const {code} = cause as NodeJS.ErrnoException;
	return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
		? new OperatorError('journal.full', `The disk is full: ${folder} cannot be written.`, {
				hint: 'regmedic does nothing more. Free some space, or set XDG_STATE_HOME to another disk, then resume.',
				exit: 'failed',
				cause,
			})
		: new OperatorError('journal.unwritable', `Can't write ${folder}: ${code ?? String(cause)}.`, {
				hint: 'The record of an incident needs a writable folder. Set XDG_STATE_HOME to one.',
				exit: 'failed',
				cause,
			});
}
