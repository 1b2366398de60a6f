import {CommanderError} from 'commander';
import {Cancelled, exitCodes, OperatorError} from './domain/errors.ts';
import {visible, visibleJson} from './domain/text/visible.ts';
import type {CommonFlags} from './invocation.ts';

/** Takes sentences of an error, which may be broken into lines. */
export type SentenceTeller = (text: string) => void;

type FailureVoice = {version: string; talk(text: string): void; complain?: SentenceTeller | undefined};

export function usage(message: string, hint = 'Run it with --help to see what it takes.'): OperatorError {
	return new OperatorError('usage.invalid', message, {hint, exit: 'usage'});
}

/** In our voice; undefined where it has only shown its help. */
function ofCommander({code, message}: CommanderError): OperatorError | undefined {
	const said = message.replace(/^error: /, '').replace(/\.?$/, '.');
	return code === 'commander.help' ? undefined : usage(`${said.charAt(0).toUpperCase()}${said.slice(1)}`);
}

/** Three fates: the operator can mend it, somebody stopped it, or it is a bug. */
export function sayFailure(
	failure: unknown,
	flags: CommonFlags,
	{talk, complain = talk, version}: FailureVoice,
): number {
	if (failure instanceof CommanderError && failure.exitCode === 0) {
		return exitCodes.done;
	}

	const error = failure instanceof CommanderError ? ofCommander(failure) : failure;
	if (error === undefined) {
		return exitCodes.usage;
	}

	if (error instanceof OperatorError) {
		const {code, message, hint, cause, exit} = error;
		if (flags.json) {
			talk(`${visibleJson({schema: 'regmedic.error/1', code, message, hint})}\n`);
			return exitCodes[exit];
		}

		complain(`${visible(message)}\n${visible(hint)}\n`);
		if (flags.verbose && cause) {
			talk(`${visible(String((cause as Error).stack ?? cause))}\n`);
		}

		return exitCodes[exit];
	}

	if (error instanceof Cancelled || (error instanceof Error && error.name === 'AbortError')) {
		return exitCodes.interrupted;
	}

	talk(
		`This is a bug in regmedic ${version}. What it knows of it:\n${visible(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`,
	);
	return exitCodes.bug;
}
