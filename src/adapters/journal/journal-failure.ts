import {OperatorError} from '../../domain/errors.ts';

/** What keeps the record from being written, as something the operator can mend. */
export function journalFailure(folder: string, cause: unknown): OperatorError {
	if (cause instanceof OperatorError) {
		return cause;
	}

	const code = (cause as NodeJS.ErrnoException).code;
	return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
		? new OperatorError('journal.full', `The disk is full: ${folder} cannot be written.`, {
				hint: 'Nothing more is done. Free some space, or set XDG_STATE_HOME to another disk, then resume.',
				exit: 'failed',
				cause,
			})
		: new OperatorError('journal.unwritable', `Can't write ${folder}: ${code ?? String(cause)}.`, {
				hint: 'The record of an incident needs a folder that can be written. Set XDG_STATE_HOME to one.',
				exit: 'failed',
				cause,
			});
}
