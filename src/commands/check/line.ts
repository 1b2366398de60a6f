import {asOperatorError, type ExitMeaning, type OperatorError} from '../../domain/errors.ts';

/** One thing that was checked. A line that is not ok says what to do. */
export type Line = {what: string; ok: boolean; say: string; hint?: string; exit?: ExitMeaning};

/** The line of a check that throws where something is not ok. */
export async function attempt(what: string, work: () => Promise<string>): Promise<Line> {
	try {
		return {what, ok: true, say: await work()};
	} catch (error) {
		return failed(what, asOperatorError(error));
	}
}

export function failed(what: string, {message, hint, exit}: OperatorError): Line {
	return {what, ok: false, say: message, hint, exit};
}
