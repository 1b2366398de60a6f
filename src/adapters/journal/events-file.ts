import {createHash} from 'node:crypto';
import {type FileHandle, open} from 'node:fs/promises';
import path from 'node:path';
import {OperatorError} from '../../domain/errors.ts';
import type {JournalEvent, Stamp} from '../../domain/incident/event.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import {readRegularFile, writeNewFile} from './private-files.ts';

export const eventsFile = 'events.jsonl';

/** The `prev` of the first event. */
export const firstPrev = '0'.repeat(64);

export type RecordedEvent = JournalEvent & {seq: number; prev: string; hash: string};

type ReadJournal = {
	events: RecordedEvent[];
	/** The hash of the last event. */
	head: string;
	/** How many bytes of the file are whole events. */
	wholeBytes: number;
	/** What a crash left after the last whole event. */
	torn?: {bytes: number; reason: string};
	sealed: boolean;
};

/** A line without its newline. The hash is over the exact bytes of the line before the hash is added. */
export function writeLine(event: JournalEvent, seq: number, prev: string): {line: string; hash: string} {
	const {at, mono, actor, type, ...rest} = event;
	const body = visibleJson({seq, at, mono, actor, type, ...rest, prev});
	const hash = hashOf(body);
	return {line: `${body.slice(0, -1)},"hash":"${hash}"}`, hash};
}

/**
 * Reads a journal and checks every hash. A crash can only tear the last line: damage before it is an error.
 * @throws OperatorError journal.missing | journal.broken
 */
export async function readJournal(folder: string): Promise<ReadJournal> {
	const file = path.join(folder, eventsFile);
	const bytes = await readRegularFile(file).catch((cause: NodeJS.ErrnoException | OperatorError) => {
		if (cause instanceof OperatorError) {
			throw cause;
		}

		throw new OperatorError('journal.missing', `Can't read ${file}: ${cause.code}.`, {
			hint: '`regmedic incidents` lists the incidents.',
			exit: 'failed',
			cause,
		});
	});

	const events: RecordedEvent[] = [];
	let head = firstPrev;
	let start = 0;

	while (start < bytes.length) {
		if (events.at(-1)?.type === 'journal.sealed') {
			throw damaged(file, events.length, 'it comes after the seal');
		}

		const newline = bytes.indexOf(0x0a, start);
		const end = newline === -1 ? bytes.length : newline;
		const read: ReadLine =
			newline === -1
				? readLastLine(bytes.toString('utf8', start), events.length, head)
				: readLine(bytes.toString('utf8', start, end), events.length, head);
		const isLast = end + 1 >= bytes.length;

		if (!read.ok && (read.whole || !isLast)) {
			throw damaged(file, events.length, read.reason);
		}

		if (!read.ok) {
			return {events, head, wholeBytes: start, torn: {bytes: bytes.length - start, reason: read.reason}, sealed: false};
		}

		events.push(read.event);
		head = read.event.hash;
		start = Math.min(end + 1, bytes.length);
	}

	return {events, head, wholeBytes: start, sealed: events.at(-1)?.type === 'journal.sealed'};
}

function damaged(file: string, lines: number, reason: string): OperatorError {
	return new OperatorError('journal.broken', `Line ${lines + 1} of ${file} is damaged: ${reason}.`, {
		hint: 'The record was changed after it was written. Keep the file as it is; the lines before this one are proven.',
		exit: 'failed',
	});
}

/** `whole`: the line has all the bytes it was written with, so no crash has torn it. */
type ReadLine = {ok: true; event: RecordedEvent} | {ok: false; reason: string; whole: boolean};

/**
 * A line without its newline. A crash leaves the beginning of a line, never more than a line. A seal is proven by its hash,
 * and nothing is written after it: it counts without its newline.
 */
function readLastLine(line: string, seq: number, prev: string): ReadLine {
	const read = readLine(line, seq, prev);
	if (read.ok && read.event.type === 'journal.sealed') {
		return read;
	}

	const [whole] = /^.*?,"hash":"[0-9a-f]{64}"\}/s.exec(line) ?? [];
	const isMore = whole !== undefined && whole.length < line.length && readLine(whole, seq, prev).ok;
	return {ok: false, reason: isMore ? 'bytes were added to it' : 'it was not written to its end', whole: isMore};
}

function readLine(line: string, seq: number, prev: string): ReadLine {
	const match = /^(.*),"hash":"([0-9a-f]{64})"\}$/s.exec(line);
	if (!match || hashOf(`${match[1]}}`) !== match[2]) {
		// Where a crash left a hole in a file, the hole is read as zeros.
		return {ok: false, reason: 'its bytes do not match its hash', whole: !line.includes('\0')};
	}

	const event = JSON.parse(line) as RecordedEvent;
	if (event.seq !== seq) {
		return {ok: false, reason: `it is event ${event.seq}, and event ${seq} is expected`, whole: true};
	}

	return event.prev === prev
		? {ok: true, event}
		: {ok: false, reason: 'it does not follow the line before it', whole: true};
}

function hashOf(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

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
