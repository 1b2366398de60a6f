import * as v from 'valibot';
import {OperatorError} from '../../domain/errors.ts';
import type {Credentials} from '../../engine/ports/secrets.ts';
import {dockerConfigFile, parseDockerConfig, splitAuth} from './docker-config.ts';
import {regularText} from './regular-text.ts';
import {runForSecret, type SecretCommand} from './secret-command.ts';

const helperReply = v.object({Username: v.string(), Secret: v.string()});
const helperTimeoutMs = 10_000;

type HelperContext = Pick<SecretCommand, 'environment' | 'processes' | 'signal'>;

/**
 * The credentials that `docker login` stored for a host; undefined when there are none.
 * @throws OperatorError credentials.docker | credentials.helper
 * @see docker/docker-credential-helpers: `get` reads the server from standard input and prints JSON
 */
export async function dockerCredentials(host: string, context: HelperContext): Promise<Credentials | undefined> {
	const {environment} = context;
	const file = dockerConfigFile(environment);
	const text = await regularText(file);
	if (text === undefined) {
		return undefined;
	}

	const parsed = parseDockerConfig(text);
	if (parsed === undefined) {
		throw new OperatorError('credentials.docker', `${file} is not a valid configuration of Docker.`, {
			hint: 'Log in again with docker login.',
			exit: 'configuration',
		});
	}

	const {auths, credHelpers, credsStore} = parsed;
	const helper = credHelpers[host] ?? credsStore;
	const fromHelper = helper === undefined ? undefined : await askHelper(helper, host, context);
	if (fromHelper) {
		return fromHelper;
	}

	const entry = auths[host] ?? auths[`https://${host}`] ?? auths[`https://${host}/v2/`];
	return entry?.auth === undefined ? undefined : splitAuth(entry.auth);
}

async function askHelper(helper: string, host: string, context: HelperContext): Promise<Credentials | undefined> {
	const {environment, processes, signal} = context;
	if (!/^[\w.-]+$/.test(helper)) {
		throw new OperatorError('credentials.helper', `"${helper}" is not the name of a credential helper.`, {
			hint: 'Check credHelpers and credsStore in Docker’s config.json.',
			exit: 'configuration',
		});
	}

	const {stdout, stderr, outcome} = await runForSecret({
		program: `docker-credential-${helper}`,
		args: ['get'],
		input: host,
		environment,
		processes,
		timeoutMs: helperTimeoutMs,
		signal,
	});
	const parsed = v.safeParse(helperReply, readJson(stdout));
	if (parsed.success && outcome === 'succeeded') {
		return {username: parsed.output.Username, password: parsed.output.Secret};
	}

	// What a helper prints when it has none.
	if (/credentials not found/i.test(`${stdout}${stderr}`)) {
		return undefined;
	}

	throw new OperatorError('credentials.helper', `docker-credential-${helper} gave no credentials for ${host}.`, {
		hint: `Run: echo ${host} | docker-credential-${helper} get`,
		exit: 'configuration',
	});
}

function readJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
