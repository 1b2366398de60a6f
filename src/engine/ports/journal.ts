import type {Digest} from '../../domain/image/digest.ts';
import type {JournalEvent} from '../../domain/incident/event.ts';

export type Journal = {
	/** The folder of the incident. */
	readonly folder: string;
	/** Events as they stand on the disk. */
	events(): readonly JournalEvent[];
	/** Returns when the event is on the disk. @throws OperatorError journal.full | journal.unwritable | journal.closed */
	append(event: JournalEvent): Promise<void>;
	/** Keeps what a step saw. @returns the file's name below the folder, its sha256 and size in bytes */
	keep(name: string, content: string | Uint8Array): Promise<Evidence>;
	/** Ends the record: appends `journal.sealed` with the count of events and the hash of the last. */
	seal(): Promise<void>;
	close(): Promise<void>;
};

type Evidence = {file: string; digest: Digest; bytes: number};
