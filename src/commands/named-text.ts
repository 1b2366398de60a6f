import path from 'node:path';
import {fileText, streamText, UnusableFile} from '../adapters/configuration/file-text.ts';
import type {ErrorCode} from '../domain/error-codes.ts';
import {OperatorError} from '../domain/errors.ts';
import type {Invocation} from '../invocation.ts';

/**
 * What a file holds that the command line names; `-`: standard input.
 * @throws OperatorError of this code: it cannot be read
 */
export async function namedText(
	file: string,
	{code, hint}: {code: ErrorCode; hint: string},
	{folder, terminal, signal}: Invocation,
): Promise<string> {
	try {
		return file === '-'
			? await streamText(terminal.stdin, {signal})
			: await fileText(path.resolve(folder, file), {named: true, signal});
	} catch (error) {
		signal.throwIfAborted();
		const reason = error instanceof UnusableFile ? error.message : (error as NodeJS.ErrnoException).code;
		throw new OperatorError(code, `Can't read ${nameOfText(file)}: ${reason}.`, {hint, exit: 'usage', cause: error});
	}
}

export function nameOfText(file: string): string {
	return file === '-' ? 'standard input' : file;
}
