import {homedir} from 'node:os';
import type {Configuration, CredentialSource, SecretSource} from '../../domain/configuration.ts';
import type {Redaction} from '../../domain/text/redaction.ts';
import {secretsInAuthFile} from './machine-login/auth-file.ts';
import {loginPlaces} from './machine-login/places.ts';
import {regularText} from './regular-text.ts';

type ReadableOptions = {
	environment: Record<string, string | undefined>;
	/** The numeric id of the person. */
	user?: number | undefined;
	redaction: Redaction;
};

/** They need not stand in the configuration. */
const usualVariables: readonly [password: string, user: string][] = [['PUSHGATEWAY_PASSWORD', 'PUSHGATEWAY_USER']];
const proxyVariables = ['http_proxy', 'https_proxy', 'all_proxy'].flatMap(name => [name, name.toUpperCase()]);

/**
 * Makes the redaction learn every secret of this run that can be read without running a program, before anything else is read
 * or written: a host or a registry may print one that regmedic itself has not needed yet. What cannot be read is no error here:
 * it is one where the secret is needed. The secrets of commands and credential helpers are learned when those are run, which
 * may ask the person for a touch or a passphrase, and before anything that they print is used.
 */
export async function learnReadableSecrets(
	{registries, woodpecker}: Configuration,
	{environment, user, redaction}: ReadableOptions,
): Promise<void> {
	const add = (secret: string | undefined, name?: string) => redaction.add(secret?.trim() ?? '', name);
	const learn = async (source: SecretSource, name?: string) => {
		if ('env' in source) {
			add(environment[source.env], name);
		} else if ('file' in source) {
			add(await regularText(source.file.replace(/^~(?=\/)/, environment.HOME ?? homedir())), name);
		}
	};
	const learnCredentials = async (credentials: CredentialSource) => {
		if ('env' in credentials) {
			add(environment[credentials.env.password], environment[credentials.env.username]);
		} else if ('username' in credentials) {
			await learn(credentials.password, credentials.username);
		}
	};

	for (const [password, name] of usualVariables) {
		add(environment[password], environment[name]);
	}

	for (const {username, password} of proxyVariables.flatMap(name => loginIn(environment[name] ?? ''))) {
		add(password || username, username);
	}

	for (const {file, form} of loginPlaces(environment, user)) {
		for (const {username = '', secret} of secretsInAuthFile((await regularText(file)) ?? '', form)) {
			add(secret, username);
		}
	}

	await Promise.all([
		...(woodpecker === undefined ? [] : [learn(woodpecker.token)]),
		...Object.values(registries).flatMap(({credentials, clientCertificate}) => [
			...(credentials === undefined ? [] : [learnCredentials(credentials)]),
			...(clientCertificate === undefined ? [] : [learn({file: clientCertificate.keyFile})]),
		]),
	]);
}

function loginIn(proxy: string): {username: string; password: string}[] {
	const [, username, password = ''] = /^(?:[a-z0-9]+:\/\/)?([^:@/]*)(?::(.*))?@/i.exec(proxy.trim()) ?? [];
	return username === undefined ? [] : [{username: decoded(username), password: decoded(password)}];
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
