import type {ErrorCode} from './error-codes.ts';

/**
 * The exit codes of the product, by meaning. A broken image outranks an unknown one.
 * `indeterminate`: a change may or may not have happened, or a check could not be completed.
 */
export const exitCodes = {
	done: 0,
	failed: 1,
	usage: 2,
	broken: 3,
	configuration: 4,
	refused: 5,
	unreachable: 6,
	locked: 7,
	indeterminate: 8,
	bug: 70,
	interrupted: 130,
} as const;

export type ExitMeaning = keyof typeof exitCodes;

type OperatorErrorOptions = {
	/** One sentence that says what to do next. */
	hint: string;
	exit: ExitMeaning;
	cause?: unknown;
	/** The same request may succeed a little later. */
	transient?: boolean;
};

/** Something that the operator can fix. Any other error is a bug in regmedic. */
export class OperatorError extends Error {
	override readonly name = 'OperatorError';
	/** Dotted and stable (`registry.unauthorized`): branch on this, never on the message. */
	readonly code: ErrorCode;
	readonly hint: string;
	readonly exit: ExitMeaning;
	readonly transient: boolean;

	constructor(code: ErrorCode, message: string, {hint, exit, cause, transient = false}: OperatorErrorOptions) {
		super(message, cause === undefined ? undefined : {cause});
		this.code = code;
		this.hint = hint;
		this.exit = exit;
		this.transient = transient;
	}
}

/** For a `catch` that handles operator errors: any other error is a bug and is rethrown. */
export function asOperatorError(error: unknown): OperatorError {
	if (error instanceof OperatorError) {
		return error;
	}

	throw error;
}

/** A person or a deadline stopped the run: no message, exit code 130. */
export class Cancelled extends Error {
	override readonly name = 'Cancelled';
	constructor(message = 'Stopped.') {
		super(message);
	}
}

/** A bug that ended the run while something goes on outside. `goesOn`: sentences that say what. */
export class BugWhileRunning extends Error {
	override readonly name = 'BugWhileRunning';
	readonly goesOn: readonly string[];

	constructor(bug: Error, goesOn: readonly string[]) {
		super([bug.message, ...goesOn].join('\n'), {cause: bug});
		this.goesOn = goesOn;
	}
}
