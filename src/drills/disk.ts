import {rename, writeFile} from 'node:fs/promises';
import {OperatorError} from '../domain/errors.ts';

const full = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const notWritable = ['EROFS', 'EACCES', 'EPERM', 'EIO'];

/** A reader finds the old content or the new, also after a kill. */
export async function writeAtomically(file: string, content: string, mode = 0o600): Promise<void> {
	await writeFile(`${file}.new`, content, {mode});
	await rename(`${file}.new`, file);
}

/** The folder of the drill cannot be written: the operator can fix it, and it is no bug. */
export function isDiskFailure(error: unknown): error is NodeJS.ErrnoException {
	return (
		error instanceof Error &&
		'syscall' in error &&
		'code' in error &&
		[...full, ...notWritable].includes(String(error.code))
	);
}

/** @returns OperatorError drill.unwritable, or the error as it is */
export function worldFailure(folder: string, error: unknown): unknown {
	if (!isDiskFailure(error)) {
		return error;
	}

	const why = full.includes(error.code!) ? 'the disk is full' : error.code;
	return new OperatorError('drill.unwritable', `The drill cannot write ${folder}: ${why}.`, {
		hint: 'Free some space, or set XDG_STATE_HOME to another disk.',
		exit: 'failed',
		cause: error,
	});
}
