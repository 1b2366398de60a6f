import {OperatorError} from '../../../domain/errors.ts';
import {hubLogin, isHub} from '../../../domain/image/docker-hub.ts';
import type {RegistryLogin, RegistryLogins} from '../../../domain/registry-login.ts';
import {readRegular} from '../regular-text.ts';
import {type AuthFile, loginOf, parseAuthFile} from './auth-file.ts';
import {isSameHost, keysOfHost, readAuthKey} from './auth-keys.ts';
import {askHelper, type HelperContext} from './credential-helper.ts';
import {loginPlaces} from './places.ts';

/** The logins of a host, and what was looked at for them, for messages: never what it holds. */
type MachineLogin = {logins: RegistryLogins; sought: string[]};

/**
 * The logins that docker, podman, skopeo or buildah stored on this machine for a host. The first file that has one for the whole
 * host ends the search.
 * @throws OperatorError credentials.docker | credentials.helper
 */
export async function findMachineLogin(host: string, context: HelperContext): Promise<MachineLogin> {
	const byRepository = new Map<string, RegistryLogin>();
	const sought: string[] = [];
	let others: RegistryLogin | undefined;

	for (const {file, form} of loginPlaces(context.environment, context.processes.user)) {
		const content = await readRegular(file);
		if (content.text === undefined) {
			sought.push(`${file} (${content.why})`);
			continue;
		}

		const parsed = parseAuthFile(content.text, form);
		if (parsed === undefined) {
			throw new OperatorError('credentials.docker', `${file} is not a valid file of registry logins.`, {
				hint: 'Log in again with docker login or podman login, which writes it anew.',
				exit: 'configuration',
			});
		}

		for (const [path, login] of repositoryLogins(parsed, host, file)) {
			byRepository.set(path, byRepository.get(path) ?? login);
		}

		const notes: string[] = [];
		others = (await fromHelper(parsed, {host, file, notes}, context)) ?? fromEntry(parsed, {host, file, notes});
		sought.push(`${file} (${[...notes, ...(others ? [] : [`no login for ${host}`])].join(', ')})`);
		if (others) {
			break;
		}
	}

	return {logins: byRepository.size === 0 ? others : {byRepository, others}, sought};
}

type Search = {host: string; file: string; notes: string[]};

function repositoryLogins({auths}: AuthFile, host: string, file: string): [string, RegistryLogin][] {
	return Object.entries(auths).flatMap(([key, entry]) => {
		const read = readAuthKey(key);
		const login = loginOf(entry);
		return login && read.path !== undefined && isSameHost(read.host, host)
			? [[read.path, {...login, from: sayEntry(key, file)}] as [string, RegistryLogin]]
			: [];
	});
}

function fromEntry({auths}: AuthFile, {host, file}: Search): RegistryLogin | undefined {
	for (const key of keysOfHost(Object.keys(auths), host)) {
		const login = loginOf(auths[key]!);
		if (login) {
			return {...login, from: sayEntry(key, file)};
		}
	}

	return undefined;
}

/** A helper that is not installed leaves the entries of the file. */
async function fromHelper(
	{auths, credHelpers, credsStore}: AuthFile,
	{host, file, notes}: Search,
	context: HelperContext,
): Promise<RegistryLogin | undefined> {
	const [own] = keysOfHost(Object.keys(credHelpers), host);
	const helper = own === undefined ? credsStore : credHelpers[own];
	if (helper === undefined || helper === '') {
		return undefined;
	}

	const named = `docker-credential-${helper}`;
	// Some logins were stored under another form of the host: then an empty entry has that form as its key.
	const servers = new Set([isHub(host) ? hubLogin : host, ...keysOfHost(Object.keys(auths), host)]);
	for (const server of servers) {
		const answer = await askHelper(helper, server, context);
		if (answer === 'missing') {
			notes.push(`${named} is not installed`);
			return undefined;
		}

		if (answer !== 'none') {
			return {...answer, from: `${named}, which ${file} names`};
		}
	}

	notes.push(`${named} has none`);
	return undefined;
}

function sayEntry(key: string, file: string): string {
	return `the entry "${key}" of ${file}`;
}
