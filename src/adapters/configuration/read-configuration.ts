import {readFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {type Configuration, emptyConfiguration, parseConfiguration} from '../../domain/configuration.ts';
import {OperatorError} from '../../domain/errors.ts';

export type ReadConfiguration = {configuration: Configuration /** Undefined: there is none. */; file?: string};

/**
 * `--config FILE`, else `regmedic.yaml` here, else the one of the user. Without any, the empty one.
 * @throws OperatorError configuration.missing | configuration.unreadable | configuration.invalid (exit 4)
 */
export async function readConfiguration(
	environment: Record<string, string | undefined>,
	folder: string,
	named?: string,
): Promise<ReadConfiguration> {
	const base = environment.XDG_CONFIG_HOME;
	const user = path.join(
		base && path.isAbsolute(base) ? base : path.join(homedir(), '.config'),
		'regmedic/config.yaml',
	);
	const candidates = named === undefined ? [path.join(folder, 'regmedic.yaml'), user] : [path.resolve(folder, named)];

	for (const file of candidates) {
		const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
			if (error.code === 'ENOENT' && named === undefined) {
				return undefined;
			}

			throw new OperatorError(
				error.code === 'ENOENT' ? 'configuration.missing' : 'configuration.unreadable',
				`Can't read ${file}: ${error.code}.`,
				{
					hint: 'Name a file that exists with --config, or leave it out.',
					exit: 'configuration',
					cause: error,
				},
			);
		});

		if (text !== undefined) {
			return {
				configuration: parseConfiguration(
					text,
					path.relative(folder, file).startsWith('..') ? file : path.relative(folder, file),
				),
				file,
			};
		}
	}

	return {configuration: emptyConfiguration};
}
