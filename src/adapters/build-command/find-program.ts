import {constants} from 'node:fs';
import {access, stat} from 'node:fs/promises';
import path from 'node:path';

/** `at`: its path. `why`: what keeps it from being started. */
type ProgramPlace = {at: string} | {why: string};

/** Where a program would be started from, as execvp(3) looks for it. Nothing is run. */
export async function findProgram(program: string, searched = ''): Promise<ProgramPlace> {
	const places = program.includes('/') ? [program] : searched.split(':').map(folder => path.join(folder, program));
	let why: string | undefined;
	for (const at of places) {
		const kind = await stat(at).catch(() => undefined);
		if (kind === undefined) {
			continue;
		}

		const mayRun =
			kind.isFile() &&
			(await access(at, constants.X_OK).then(
				() => true,
				() => false,
			));
		if (mayRun) {
			return {at};
		}

		why ??= kind.isFile() ? `${at} is not executable for this user` : `${at} is no file`;
	}

	return {why: why ?? (program.includes('/') ? `there is no ${program}` : `${program} is not in the PATH`)};
}
