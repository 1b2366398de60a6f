import {type FileHandle, open} from 'node:fs/promises';
import {OperatorError} from '../../domain/errors.ts';

/** A file that only grows by whole lines: what could not be written to its end is taken back. */
export type LineFile = {append(line: string): Promise<void>; close(): Promise<void>};

/** @param wholeBytes how much of the file is whole lines */
export async function openLineFile(name: string, wholeBytes: number): Promise<LineFile> {
	const file = await open(name, 'a', 0o600);
	let whole = wholeBytes;
	let damage: unknown;

	return {
		async append(line) {
			if (damage !== undefined) {
				throw damage;
			}

			// A holder whose disk stalled while the incident was taken over may have written last: a line behind its own
			// would break the chain.
			if ((await file.stat()).size !== whole) {
				throw new OperatorError('incident.taken-over', 'Somebody else has written to this journal.', {
					hint: 'Nothing more is done here. `regmedic resume` goes on with what the journal says now.',
					exit: 'locked',
				});
			}

			const bytes = Buffer.from(`${line}\n`);
			try {
				await writeWhole(file, bytes);
				await file.datasync();
			} catch (error) {
				// What stands half-written must not look like an event to whoever reads next; nor may another follow it.
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

/** A write may be taken in part: then the rest follows. */
async function writeWhole(file: FileHandle, bytes: Buffer): Promise<void> {
	for (let offset = 0; offset < bytes.length; ) {
		const {bytesWritten} = await file.write(bytes, offset);
		offset += bytesWritten;
	}
}
