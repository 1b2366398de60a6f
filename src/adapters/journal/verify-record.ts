import {createHash, randomUUID} from 'node:crypto';
import {constants} from 'node:fs';
import {lstat, open, readdir, rename} from 'node:fs/promises';
import path from 'node:path';
import {OperatorError} from '../../domain/errors.ts';
import {type EvidenceNote, evidenceOf, type JournalEvent} from '../../domain/incident/event.ts';
import {eventsFile, readJournal} from './events-file.ts';

const evidenceFolder = 'evidence';

type Record = Awaited<ReturnType<typeof readJournal>> & {
	/** How many evidence files the events name. */
	files: number;
	/** What does not match the events, a sentence each. */
	problems: string[];
};

/**
 * Checks the chain of events, and every evidence file against the digest that the events hold of it.
 * @throws OperatorError journal.missing | journal.broken | journal.empty
 */
export async function verifyRecord(folder: string): Promise<Record> {
	const read = await readJournal(folder);
	if (read.events.length === 0 && read.torn === undefined) {
		throw new OperatorError('journal.empty', `${path.join(folder, eventsFile)} is empty: it holds no event.`, {
			hint: 'regmedic ended before the first event, or the file was emptied. Nothing can be proven from it.',
			exit: 'failed',
		});
	}

	const notes = notesIn(read.events);
	const problems = await Promise.all([...notes.values()].map(note => problemOf(folder, note)));
	const links = await linksIn(folder);
	const extra = (await unrecordedIn(folder, notes)).map(
		name => `${path.join(evidenceFolder, name)} is named by no event: a crash left it, or someone added it`,
	);
	return {...read, files: notes.size, problems: [...links, ...problems.flatMap(problem => problem ?? []), ...extra]};
}

/** Moves evidence that a crash kept from being recorded out of the evidence folder: the event that names it was never written. */
export async function setAsideUnrecorded(folder: string, events: readonly JournalEvent[]): Promise<void> {
	for (const name of await unrecordedIn(folder, notesIn(events))) {
		await rename(path.join(folder, evidenceFolder, name), path.join(folder, `unrecorded-${randomUUID()}-${name}`));
	}
}

/** Behind a link the record can be exchanged for another one that is just as whole. */
async function linksIn(folder: string): Promise<string[]> {
	const problems: string[] = [];
	for (const name of [eventsFile, evidenceFolder]) {
		const found = await lstat(path.join(folder, name)).catch(() => undefined);
		if (found?.isSymbolicLink()) {
			problems.push(`${name} is a symbolic link`);
		} else if (found?.isFile() && found.nlink > 1) {
			problems.push(`${name} is a hard link: the same file has another name`);
		}
	}

	return problems;
}

/** By their name in the evidence folder. */
function notesIn(events: readonly JournalEvent[]): Map<string, EvidenceNote> {
	return new Map(events.flatMap(evidenceOf).map(note => [path.basename(note.file), note]));
}

async function unrecordedIn(folder: string, notes: ReadonlyMap<string, EvidenceNote>): Promise<string[]> {
	const names = await readdir(path.join(folder, evidenceFolder)).catch((error: NodeJS.ErrnoException) => {
		if (error.code === 'ENOENT') {
			return [];
		}

		throw error;
	});
	return names.filter(name => !notes.has(name));
}

/** A link could lead to any file, so no link is followed and nothing but a plain file is read. */
async function problemOf(folder: string, {file, digest, bytes}: EvidenceNote): Promise<string | undefined> {
	if (path.dirname(file) !== evidenceFolder) {
		return `${file} does not lie in ${evidenceFolder}/`;
	}

	const opened = await open(
		path.join(folder, file),
		constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
	).catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
	if (typeof opened === 'string') {
		return `${file} ${opened === 'ENOENT' ? 'is missing' : opened === 'ELOOP' ? 'is a symbolic link' : `cannot be read (${opened})`}`;
	}

	try {
		const found = await opened.stat();
		if (!found.isFile()) {
			return `${file} is no plain file`;
		}

		if (found.nlink > 1) {
			return `${file} is a hard link: the same file has another name`;
		}

		if (found.size !== bytes) {
			return `${file} has ${found.size} bytes; ${bytes} were recorded`;
		}

		const hash = createHash('sha256').update(await opened.readFile());
		return `sha256:${hash.digest('hex')}` === digest ? undefined : `${file} does not match its recorded digest`;
	} finally {
		await opened.close();
	}
}
