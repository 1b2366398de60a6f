import {readFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {type Configuration, emptyConfiguration, parseConfiguration} from '../../domain/configuration.ts';
import {OperatorError} from '../../domain/errors.ts';

type ReadConfiguration = {
	configuration: Configuration;
	/** Absent when there is no file. */
	file?: string;
	/** The files that were looked for. */
	sought: string[];
};

/**
 * Reads the file of `--config`; without it `regmedic.yaml` in the folder, or else the file of the user. Without any of
 * them, the configuration is empty.
 * @param named the value of `--config`
 * @throws OperatorError configuration.missing | configuration.unreadable | configuration.invalid (exit 4)
 */
export async function readConfiguration(
	environment: Record<string, string | undefined>,
	folder: string,
	named?: string,
): Promise<ReadConfiguration> {
	const candidates =
		named === undefined ? [path.join(folder, 'regmedic.yaml'), userFile(environment)] : [path.resolve(folder, named)];

	for (const file of candidates) {
		const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
			if (error.code === 'ENOENT' && named === undefined) {
				return undefined;
			}

			const code = error.code === 'ENOENT' ? 'configuration.missing' : 'configuration.unreadable';
			throw new OperatorError(code, `Can't read ${file}: ${error.code}.`, {
				hint: 'Name a file that exists with --config, or leave it out.',
				exit: 'configuration',
				cause: error,
			});
		});

		if (text !== undefined) {
			const relative = path.relative(folder, file);
			return {
				configuration: parseConfiguration(text, relative.startsWith('..') ? file : relative),
				file,
				sought: candidates,
			};
		}
	}

	return {configuration: emptyConfiguration, sought: candidates};
}

/** @see XDG Base Directory Specification */
function userFile({XDG_CONFIG_HOME: base}: Record<string, string | undefined>): string {
	return path.join(base && path.isAbsolute(base) ? base : path.join(homedir(), '.config'), 'regmedic/config.yaml');
}
