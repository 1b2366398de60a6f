import {realpath} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {type Configuration, emptyConfiguration, parseConfiguration} from '../../domain/configuration.ts';
import {commandFilesOf, powersOf} from '../../domain/configuration-powers.ts';
import {OperatorError} from '../../domain/errors.ts';
import {type Approvable, approve, isApproved} from './approvals.ts';
import {fileText, UnusableFile} from './file-text.ts';
import {otherWriters} from './ownership.ts';

type ReadConfiguration = {
	configuration: Configuration;
	/** Absent when there is no file. */
	file?: string;
	/** The files that were looked for. */
	sought: string[];
};

type Reading = {
	environment: Record<string, string | undefined>;
	/** The working directory. */
	folder: string;
	/** The value of `--config`. */
	named?: string | undefined;
	/** The number of the user that this process runs as; undefined where the system has none. */
	user: number | undefined;
	/** The folder of everything that regmedic remembers. */
	state: string;
	signal?: AbortSignal;
};

/**
 * Reads the file of `--config`; without it `regmedic.yaml` in the folder, or else the file of the user. Without any of
 * them, the configuration is empty. One that was not named and that can run commands is used only if nobody else can change it,
 * or if a person approved it as it is: whoever unpacks an archive or enters a shared folder did not choose what is in it.
 * @throws OperatorError configuration.missing | configuration.unreadable | configuration.invalid | configuration.untrusted
 */
export async function readConfiguration(reading: Reading): Promise<ReadConfiguration> {
	const {named, user, state} = reading;
	const sought = candidatesOf(reading);
	const found = await findConfiguration(reading);
	if (found === undefined) {
		return {configuration: emptyConfiguration, sought};
	}

	const {configuration, file} = found;
	const powers = powersOf(configuration);
	const writers = named === undefined && powers.length > 0 ? await otherWriters(file, user) : undefined;
	if (writers !== undefined && !(await isApproved(await approvableOf(found), state, user))) {
		throw new OperatorError('configuration.untrusted', `${file} is not used: ${writers}.`, {
			hint: `It can run commands or use secrets (${some(powers)}). Read it, then approve it as it is: regmedic check --trust. Or name it: --config ${path.relative(reading.folder, file)}`,
			exit: 'configuration',
		});
	}

	return {configuration, file, sought};
}

/**
 * Remembers that a person wants the configuration that is found here, as it is now.
 * @returns what it can do, and the hash that is remembered
 * @throws OperatorError configuration.missing, and what reading it throws
 */
export async function approveConfiguration(reading: Reading): Promise<{file: string; powers: string[]; hash: string}> {
	const found = await findConfiguration(reading);
	if (found === undefined) {
		throw new OperatorError('configuration.missing', `There is no ${candidatesOf(reading).join(' and no ')}.`, {
			hint: 'Run it in the folder of the regmedic.yaml.',
			exit: 'configuration',
		});
	}

	const hash = await approve(await approvableOf(found), reading.state);
	return {file: found.file, powers: powersOf(found.configuration), hash};
}

type Found = {file: string; text: string; configuration: Configuration};

async function findConfiguration(reading: Reading): Promise<Found | undefined> {
	const {folder, named, signal} = reading;
	for (const file of candidatesOf(reading)) {
		const text = await fileText(file, {named: named !== undefined, signal}).catch(
			(error: NodeJS.ErrnoException | UnusableFile) => {
				signal?.throwIfAborted();
				if ('code' in error && error.code === 'ENOENT' && named === undefined) {
					return undefined;
				}

				throw unreadable(file, error);
			},
		);
		if (text !== undefined) {
			const relative = path.relative(folder, file);
			return {file, text, configuration: parseConfiguration(text, relative.startsWith('..') ? file : relative)};
		}
	}

	return undefined;
}

function unreadable(file: string, error: NodeJS.ErrnoException | UnusableFile): OperatorError {
	const reason = error instanceof UnusableFile ? error.message : error.code;
	const code = reason === 'ENOENT' ? 'configuration.missing' : 'configuration.unreadable';
	return new OperatorError(code, `Can't read ${file}: ${reason}.`, {
		hint: 'Name a file that exists with --config, or leave it out.',
		exit: 'configuration',
		cause: error,
	});
}

async function approvableOf({file, text, configuration}: Found): Promise<Approvable> {
	return {file: await realpath(file), text, commandFiles: commandFilesOf(configuration)};
}

function candidatesOf({environment, folder, named}: Reading): string[] {
	return named === undefined
		? [path.join(folder, 'regmedic.yaml'), userFile(environment)]
		: [path.resolve(folder, named)];
}

const mostNamed = 4;

function some(powers: readonly string[]): string {
	const more = powers.length - mostNamed;
	return `${powers.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** @see XDG Base Directory Specification */
function userFile({XDG_CONFIG_HOME: base}: Record<string, string | undefined>): string {
	return path.join(base && path.isAbsolute(base) ? base : path.join(homedir(), '.config'), 'regmedic/config.yaml');
}
