import {homedir} from 'node:os';
import type {Configuration, CredentialSource, SecretSource} from '../../domain/configuration.ts';
import type {Redaction} from '../../domain/text/redaction.ts';
import {dockerConfigFile, secretsInDockerConfig} from './docker-config.ts';
import {regularText} from './regular-text.ts';

type ReadableOptions = {
	environment: Record<string, string | undefined>;
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
	{environment, redaction}: ReadableOptions,
): Promise<void> {
	const add = (secret: string | undefined, user?: string) => redaction.add(secret?.trim() ?? '', user);
	const learn = async (source: SecretSource, user?: string) => {
		if ('env' in source) {
			add(environment[source.env], user);
		} else if ('file' in source) {
			add(await regularText(source.file.replace(/^~(?=\/)/, environment.HOME ?? homedir())), user);
		}
	};
	const learnCredentials = async (credentials: CredentialSource) => {
		if ('env' in credentials) {
			add(environment[credentials.env.password], environment[credentials.env.username]);
		} else if ('username' in credentials) {
			await learn(credentials.password, credentials.username);
		}
	};

	for (const [password, user] of usualVariables) {
		add(environment[password], environment[user]);
	}

	for (const {username, password} of proxyVariables.flatMap(name => loginIn(environment[name] ?? ''))) {
		add(password || username, username);
	}

	for (const {username = '', secret} of secretsInDockerConfig(
		(await regularText(dockerConfigFile(environment))) ?? '',
	)) {
		add(secret, username);
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
