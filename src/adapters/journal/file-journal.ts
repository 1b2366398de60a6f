import {open} from 'node:fs/promises';
import path from 'node:path';
import {OperatorError} from '../../domain/errors.ts';
import type {Stamp} from '../../domain/incident/event.ts';
import type {Journal} from '../../engine/ports/journal.ts';
import {keepEvidence} from './evidence-file.ts';
import {journalFailure} from './journal-failure.ts';
import {beginning, type RecordedEvent, writeLine} from './journal-line.ts';
import {openLineFile} from './line-file.ts';
import {type Lock, lockFolder} from './lock.ts';
import {makePrivateFolder} from './private-folder.ts';
import {eventsFile, readJournal} from './read-journal.ts';
import {setTornTailAside} from './torn-tail.ts';

export type JournalOptions = {folder: string; actor: string; stamp(): Stamp; takeOver?: boolean};

/** @throws OperatorError journal.unwritable */
export async function makeIncidentFolder(folder: string): Promise<void> {
	await makePrivateFolder(folder).catch(error => {
		throw journalFailure(folder, error);
	});
}

/** Begins the journal of a new incident. Folder 0700, files 0600. @throws OperatorError journal.unwritable | journal.full */
export async function createJournal(options: JournalOptions): Promise<Journal> {
	const {folder, actor} = options;
	let lock: Lock | undefined;
	try {
		await makePrivateFolder(path.join(folder, 'evidence'));
		await (await open(path.join(folder, eventsFile), 'wx', 0o600)).close();
		lock = await lockFolder(folder, actor);
		await syncFolder(folder);
		return await start(options, lock, {events: [], head: beginning, wholeBytes: 0});
	} catch (error) {
		await lock?.release();
		throw journalFailure(folder, error);
	}
}

/**
 * Opens a journal to go on with it: proves it, sets a torn tail aside, says so in the journal itself.
 * @throws OperatorError incident.locked | journal.closed | journal.broken | journal.missing | journal.full | journal.unwritable
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
	const {folder, stamp, actor, takeOver = false} = options;
	// Says what is wrong before it leaves a lock in a folder that is none.
	await readJournal(folder);
	let lock: Lock | undefined;
	try {
		lock = await lockFolder(folder, actor, {takeOver});
		const read = await readJournal(folder);
		if (read.sealed) {
			throw closed(`regmedic export ${path.basename(folder)}`);
		}

		const aside = read.torn && (await setTornTailAside(folder, read, stamp()));
		const journal = await start(options, lock, read);
		if (read.torn && aside !== undefined) {
			await journal.append({...stamp(), type: 'journal.recovered', lostBytes: read.torn.bytes, file: aside});
		}

		return journal;
	} catch (error) {
		await lock?.release();
		throw journalFailure(folder, error);
	}
}

async function start(
	{folder, stamp}: JournalOptions,
	lock: Lock,
	read: {events: RecordedEvent[]; head: string; wholeBytes: number},
): Promise<Journal> {
	const events = [...read.events];
	const file = await openLineFile(path.join(folder, eventsFile), read.wholeBytes);
	let {head} = read;
	let isClosed = false;
	let queue: Promise<unknown> = Promise.resolve();

	async function write(event: Parameters<Journal['append']>[0]): Promise<void> {
		if (isClosed) {
			throw closed('regmedic respond');
		}

		if (!(await lock.isHeld())) {
			throw new OperatorError('incident.taken-over', 'Somebody else has taken this incident over.', {
				hint: `Nothing more is done here. \`regmedic export ${path.basename(folder)}\` shows how it stands.`,
				exit: 'locked',
			});
		}

		const {line, hash} = writeLine(event, events.length, head);
		await file.append(line);
		events.push(JSON.parse(line));
		head = hash;
	}

	/** One after the other, whatever becomes of the one before. */
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
			const number = String(events.length).padStart(4, '0');
			return keepEvidence(folder, `${number}-${name.replace(/[^\w.-]/g, '_')}`, content).catch(error => {
				throw journalFailure(folder, error);
			});
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

/** The entry of a new file is on the disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
	for (const each of [folder, path.dirname(folder)]) {
		const handle = await open(each, 'r');
		// Some network file systems cannot, and say EINVAL.
		await handle
			.sync()
			.catch((error: NodeJS.ErrnoException) => {
				if (error.code !== 'EINVAL') {
					throw error;
				}
			})
			.finally(() => handle.close());
	}
}

function closed(next: string): OperatorError {
	return new OperatorError('journal.closed', 'The journal of this incident is closed.', {
		hint: `Nothing is added to it any more: \`${next}\`.`,
		exit: 'failed',
	});
}
