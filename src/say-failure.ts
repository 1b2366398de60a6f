import {CommanderError} from 'commander';
import type {ErrorCode} from './domain/error-codes.ts';
import {BugWhileRunning, Cancelled, exitCodes, OperatorError} from './domain/errors.ts';
import type {Redact} from './domain/text/redaction.ts';
import {quoteMark, visible, visibleJson} from './domain/text/visible.ts';
import {upperFirst} from './domain/text/wording.ts';
import type {CommonFlags} from './invocation.ts';

type FailureVoice = {
	version: string;
	talk(text: string): void;
	/** Hides secrets before a text is escaped or takes another form. */
	redact?: Redact;
	/** For sentences: they may be broken into lines. */
	talkWrapped?(text: string): void;
};

export function usage(message: string, hint = 'Run it with --help to see what it takes.'): OperatorError {
	return new OperatorError('usage.invalid', message, {hint, exit: 'usage'});
}

/**
 * There are three fates: the operator can fix it, someone stopped it, or it is a bug in regmedic.
 * @returns the exit code
 */
export function sayFailure(
	failure: unknown,
	flags: CommonFlags,
	{talk, talkWrapped = talk, redact = text => text, version}: FailureVoice,
): number {
	if (failure instanceof CommanderError && failure.exitCode === 0) {
		return exitCodes.done;
	}

	const error = failure instanceof CommanderError ? usageErrorOf(failure) : failure;
	if (error === undefined) {
		return exitCodes.usage;
	}

	if (error instanceof OperatorError) {
		const {code, cause, exit} = error;
		const [message, hint] = [redact(error.message), redact(error.hint)];
		if (flags.json) {
			talk(`${visibleJson({schema: 'regmedic.error/1', code, message, hint})}\n`);
			return exitCodes[exit];
		}

		talkWrapped(`${quoted(message, listsProblems.has(code))}\n${quoted(hint)}\n`);
		if (flags.verbose && cause) {
			talk(`${quoteMark}${quoted(redact(stackOf(cause)))}\n`);
		}

		return exitCodes[exit];
	}

	if (error instanceof Cancelled || (error instanceof Error && error.name === 'AbortError')) {
		return exitCodes.interrupted;
	}

	const bug = error instanceof BugWhileRunning ? error.cause : error;
	talk(
		`This is a bug in regmedic ${version}. Please report it with these lines:\n${quoteMark}${quoted(redact(stackOf(bug)))}\n`,
	);
	if (error instanceof BugWhileRunning) {
		talkWrapped(`${error.goesOn.map(sentence => quoted(redact(sentence))).join('\n')}\n`);
		return exitCodes.indeterminate;
	}

	return exitCodes.bug;
}

/** Their messages are lists, with a problem on each line. */
const listsProblems = new Set<ErrorCode>(['configuration.invalid', 'runbook.invalid']);

/** What text from outside can hold of line breaks never begins a line of our own. */
function quoted(text: string, isList = false): string {
	return visible(text).replaceAll('\n', isList ? '\n' : `\n${quoteMark}`);
}

/** In our own words; undefined where commander has only shown its help. */
function usageErrorOf({code, message}: CommanderError): OperatorError | undefined {
	const sentence = message.replace(/^error: /, '').replace(/\.?$/, '.');
	return code === 'commander.help' ? undefined : usage(upperFirst(sentence));
}

function stackOf(error: unknown): string {
	return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
