import {readFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import {OperatorError} from '../../domain/errors.ts';
import type {Credentials} from '../../engine/ports/secrets.ts';
import {runForSecret} from './secret-command.ts';

const config = v.object({
	auths: v.optional(v.record(v.string(), v.object({auth: v.optional(v.string())})), {}),
	credHelpers: v.optional(v.record(v.string(), v.string()), {}),
	credsStore: v.optional(v.string()),
});

const answer = v.object({Username: v.string(), Secret: v.string()});
const helperTimeoutMs = 10_000;

/**
 * What `docker login` left for this host. Undefined: nothing.
 * @see docker/docker-credential-helpers: the server goes to `get` on standard input, JSON comes back
 */
export async function dockerCredentials(
	host: string,
	environment: Record<string, string | undefined>,
	signal?: AbortSignal,
): Promise<Credentials | undefined> {
	const file = path.join(
		environment.DOCKER_CONFIG || path.join(environment.HOME ?? homedir(), '.docker'),
		'config.json',
	);
	const text = await readFile(file, 'utf8').catch(() => undefined);
	if (text === undefined) {
		return undefined;
	}

	const parsed = v.safeParse(config, readJson(text));
	if (!parsed.success) {
		throw new OperatorError('credentials.docker', `${file} cannot be read as Docker's configuration.`, {
			hint: 'Log in again with docker login.',
			exit: 'configuration',
		});
	}

	const {auths, credHelpers, credsStore} = parsed.output;
	const helper = credHelpers[host] ?? credsStore;
	const helped = helper === undefined ? undefined : await askHelper(helper, host, environment, signal);
	if (helped) {
		return helped;
	}

	const entry = auths[host] ?? auths[`https://${host}`] ?? auths[`https://${host}/v2/`];
	return entry?.auth === undefined ? undefined : splitAuth(entry.auth);
}

async function askHelper(
	helper: string,
	host: string,
	environment: Record<string, string | undefined>,
	signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
	if (!/^[\w.-]+$/.test(helper)) {
		throw new OperatorError('credentials.helper', `"${helper}" is not the name of a credential helper.`, {
			hint: 'Look at credHelpers and credsStore in Docker’s config.json.',
			exit: 'configuration',
		});
	}

	const {stdout, stderr, ended} = await runForSecret({
		program: `docker-credential-${helper}`,
		args: ['get'],
		input: host,
		environment,
		timeoutMs: helperTimeoutMs,
		...(signal === undefined ? {} : {signal}),
	});
	const parsed = v.safeParse(answer, readJson(stdout));
	if (parsed.success && ended === 'well') {
		return {username: parsed.output.Username, password: parsed.output.Secret};
	}

	// Its word for "I have none".
	if (/credentials not found/i.test(`${stdout}${stderr}`)) {
		return undefined;
	}

	throw new OperatorError('credentials.helper', `docker-credential-${helper} gave no credentials for ${host}.`, {
		hint: `Run: echo ${host} | docker-credential-${helper} get`,
		exit: 'configuration',
	});
}

function splitAuth(auth: string): Credentials | undefined {
	const decoded = Buffer.from(auth, 'base64').toString('utf8');
	const colon = decoded.indexOf(':');
	return colon === -1 ? undefined : {username: decoded.slice(0, colon), password: decoded.slice(colon + 1)};
}

function readJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
