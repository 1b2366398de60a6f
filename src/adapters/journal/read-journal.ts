import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {OperatorError} from '../../domain/errors.ts';
import {beginning, type RecordedEvent, readLine} from './journal-line.ts';

export const eventsFile = 'events.jsonl';

export type ReadJournal = {
	events: RecordedEvent[];
	/** The hash of the last event. */
	head: string;
	/** Bytes of the file that are whole events. */
	wholeBytes: number;
	/** What a crash left behind the last whole event. */
	torn?: {bytes: number; reason: string};
	sealed: boolean;
};

/**
 * Reads and proves a journal. Only its tail can have been torn by a crash: damage before the last line is an error.
 * @throws OperatorError journal.missing | journal.broken
 */
export async function readJournal(folder: string): Promise<ReadJournal> {
	const file = path.join(folder, eventsFile);
	const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
		throw new OperatorError('journal.missing', `Can't read ${file}: ${cause.code}.`, {
			hint: '`regmedic incidents` lists the incidents there are.',
			exit: 'failed',
			cause,
		});
	});

	const events: RecordedEvent[] = [];
	let head = beginning;
	let start = 0;

	while (start < bytes.length) {
		const newline = bytes.indexOf(0x0a, start);
		const end = newline === -1 ? bytes.length : newline;
		const read =
			newline === -1
				? {ok: false as const, reason: 'it was not written to its end', whole: false}
				: readLine(bytes.toString('utf8', start, end), events.length, head);
		const isLast = end + 1 >= bytes.length;

		if (!read.ok && (read.whole || !isLast)) {
			throw new OperatorError('journal.broken', `Line ${events.length + 1} of ${file} is damaged: ${read.reason}.`, {
				hint: 'Somebody or something changed the record. Keep the file as it is; what stands before that line is proven.',
				exit: 'failed',
			});
		}

		if (!read.ok) {
			return {events, head, wholeBytes: start, torn: {bytes: bytes.length - start, reason: read.reason}, sealed: false};
		}

		events.push(read.event);
		head = read.event.hash;
		start = end + 1;
	}

	return {events, head, wholeBytes: start, sealed: events.at(-1)?.type === 'journal.sealed'};
}
