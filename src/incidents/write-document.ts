import writeFileAtomic from 'write-file-atomic';
import {OperatorError} from '../domain/errors.ts';

/** Writes what the journal can tell again at any time. @throws OperatorError document.unwritable */
export async function writeDocument(file: string, text: string, incident: string): Promise<void> {
	await writeFileAtomic(file, text, {mode: 0o600}).catch((cause: NodeJS.ErrnoException) => {
		throw new OperatorError('document.unwritable', `Can't write ${file}: ${cause.code ?? cause.message}.`, {
			hint: `The journal holds all of it: \`regmedic export ${incident} --output FILE\` writes it elsewhere.`,
			exit: 'failed',
			cause,
		});
	});
}
