import {OperatorError} from '../domain/errors.ts';

const full = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const closed = ['EROFS', 'EACCES', 'EPERM', 'EIO'];

/** The rehearsal's folder cannot be written: the operator's to mend, and no bug. */
export function isUnwritable(error: unknown): error is NodeJS.ErrnoException {
	return (
		error instanceof Error &&
		'syscall' in error &&
		[...full, ...closed].includes(String((error as NodeJS.ErrnoException).code))
	);
}

/** @returns OperatorError drill.unwritable, or the error as it is */
export function worldFailure(folder: string, error: unknown): unknown {
	if (!isUnwritable(error)) {
		return error;
	}

	const why = full.includes(error.code!) ? 'the disk is full' : error.code;
	return new OperatorError('drill.unwritable', `The rehearsal cannot write ${folder}: ${why}.`, {
		hint: 'Free some space, or set XDG_STATE_HOME to another disk.',
		exit: 'failed',
		cause: error,
	});
}
