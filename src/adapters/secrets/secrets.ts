import {constants} from 'node:fs';
import {open} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import type {CredentialSource, SecretSource} from '../../domain/configuration.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {RegistryLogin, RegistryLogins} from '../../domain/registry-login.ts';
import type {Redaction} from '../../domain/text/redaction.ts';
import {upperFirst} from '../../domain/text/wording.ts';
import type {Processes} from '../../engine/ports/processes.ts';
import type {Secrets} from '../../engine/ports/secrets.ts';
import {findMachineLogin} from './machine-login/machine-login.ts';
import {runForSecret} from './secret-command.ts';

type SecretsOptions = {
	environment: Record<string, string | undefined>;
	/** Of the commands and helpers that print secrets. */
	commandEnvironment?: Record<string, string | undefined>;
	processes: Processes;
	/** Every secret is added here before it is given out. */
	redaction: Redaction;
	/** Where the credentials of a host come from; undefined for anonymous access. */
	sourceOf(host: string): CredentialSource | undefined;
	/** Stops the commands that print secrets. */
	signal?: AbortSignal;
};

const commandTimeoutMs = 10_000;
const longestSecret = 64 * 1024;

export type ReadableSecrets = Secrets & {
	/** @param what the secret is for, for messages: `the Woodpecker token` */
	read(source: SecretSource, what: string): Promise<string>;
	/** What was looked at for the logins of a host, once they were asked for: `FILE (does not exist)`. Never what it holds. */
	sought(host: string): string[];
};

/**
 * Reads secrets when they are needed: from the environment, a command, a private file or the logins of docker and podman.
 * The logins of a host are read once.
 */
export function createSecrets(options: SecretsOptions): ReadableSecrets {
	const {environment, commandEnvironment = environment, redaction, sourceOf} = options;
	const known = new Map<string, Promise<RegistryLogins>>();
	const soughtFor = new Map<string, string[]>();

	async function read(source: SecretSource, what: string): Promise<string> {
		const value = await secretOf(source, what, options);
		if (value.length > longestSecret) {
			throw new OperatorError('credentials.too-long', `${upperFirst(what)} is ${value.length} characters long.`, {
				hint: 'Name a source that holds the secret and nothing else.',
				exit: 'configuration',
			});
		}

		redaction.add(value);
		return value;
	}

	async function loginsOf(host: string): Promise<RegistryLogins> {
		const source = sourceOf(host);
		if (source === undefined) {
			soughtFor.set(host, [
				`the configuration (no credentials for ${host}; {docker: true} uses the logins of this machine)`,
			]);
			return undefined;
		}

		if ('docker' in source) {
			const {logins, sought} = await findMachineLogin(host, {...options, environment: commandEnvironment});
			soughtFor.set(host, sought);
			for (const login of allOf(logins)) {
				hide(login);
			}

			return logins;
		}

		const found =
			'env' in source
				? {
						username: fromEnvironment(source.env.username, `the user of ${host}`, environment),
						password: fromEnvironment(source.env.password, `the password of ${host}`, environment),
						from: `${source.env.username} and ${source.env.password}`,
					}
				: {
						username: source.username,
						password: await read(source.password, `the password of ${host}`),
						from: saySource(source.password),
					};
		hide(found);
		return found;
	}

	function hide(login: RegistryLogin): void {
		if ('username' in login) {
			redaction.add(login.password, login.username);
		} else {
			redaction.add('identityToken' in login ? login.identityToken : login.registryToken);
		}
	}

	return {
		read,
		redact: redaction.redact,
		redactLog: redaction.stream,
		registry(host) {
			const logins =
				known.get(host) ??
				loginsOf(host).catch(error => {
					// The operator may have fixed it before the next try.
					known.delete(host);
					throw error;
				});
			known.set(host, logins);
			return logins;
		},
		sought: host => soughtFor.get(host) ?? [],
	};
}

function allOf(logins: RegistryLogins): RegistryLogin[] {
	if (logins === undefined) {
		return [];
	}

	return 'byRepository' in logins ? [...logins.byRepository.values(), ...allOf(logins.others)] : [logins];
}

function saySource(source: SecretSource): string {
	return 'env' in source ? source.env : 'file' in source ? source.file : `the command ${source.command[0]}`;
}

async function secretOf(
	source: SecretSource,
	what: string,
	{environment, commandEnvironment = environment, processes, signal}: SecretsOptions,
): Promise<string> {
	if ('env' in source) {
		return fromEnvironment(source.env, what, environment);
	}

	if ('file' in source) {
		return fromFile(source.file, what, environment);
	}

	const [program, ...args] = source.command;
	const {stdout, outcome, reason} = await runForSecret({
		program: program!,
		args,
		environment: commandEnvironment,
		processes,
		timeoutMs: commandTimeoutMs,
		signal,
	});
	if (outcome !== 'succeeded' || stdout.trim() === '') {
		const end = {
			succeeded: 'printed nothing',
			failed: `failed with ${reason}`,
			'timed-out': `did not end within ${commandTimeoutMs / 1000} s`,
		}[outcome];
		throw new OperatorError('credentials.command', `The command for ${what} (${program}) ${end}.`, {
			hint: 'Run it yourself: it must print the secret and nothing else.',
			exit: 'configuration',
		});
	}

	return stdout.trim();
}

function fromEnvironment(name: string, what: string, environment: Record<string, string | undefined>): string {
	const value = environment[name];
	if (value === undefined || value === '') {
		throw new OperatorError('credentials.environment', `${name}, which holds ${what}, is not set.`, {
			hint: `Set ${name}, or name another source in the configuration.`,
			exit: 'configuration',
		});
	}

	return value;
}

/** A file that other users can read is refused. */
async function fromFile(name: string, what: string, environment: Record<string, string | undefined>): Promise<string> {
	const file = name.startsWith('~/') ? path.join(environment.HOME ?? homedir(), name.slice(2)) : name;
	const unreadable = (error: NodeJS.ErrnoException): never => {
		throw new OperatorError('credentials.file', `Can't read ${file} for ${what}: ${error.code}.`, {
			hint: 'Name a file that exists.',
			exit: 'configuration',
			cause: error,
		});
	};
	// O_NONBLOCK: a pipe would keep regmedic waiting in open(2) until somebody writes to it.
	const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(unreadable);

	try {
		const found = await handle.stat();
		if (!found.isFile()) {
			throw new OperatorError('credentials.file', `${file}, which should hold ${what}, is not a regular file.`, {
				hint: 'Put the secret into a file, or name another source in the configuration.',
				exit: 'configuration',
			});
		}

		const {mode} = found;
		if ((mode & 0o077) !== 0) {
			throw new OperatorError('credentials.file-open', `${file} holds ${what}, and other users can read it.`, {
				hint: `Run: chmod 600 ${file}`,
				exit: 'configuration',
			});
		}

		const secret = (await handle.readFile('utf8').catch(unreadable)).trim();
		if (secret === '') {
			throw new OperatorError('credentials.file', `${file}, which should hold ${what}, is empty.`, {
				hint: 'Put the secret into it, or name another source in the configuration.',
				exit: 'configuration',
			});
		}

		return secret;
	} finally {
		await handle.close();
	}
}
