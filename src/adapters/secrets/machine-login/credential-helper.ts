import * as v from 'valibot';
import {OperatorError} from '../../../domain/errors.ts';
import type {RegistryLogin} from '../../../domain/registry-login.ts';
import {runForSecret, type SecretCommand} from '../secret-command.ts';
import {loginOfPair, readJson} from './auth-file.ts';

export type HelperContext = Pick<SecretCommand, 'environment' | 'processes' | 'signal'>;

const reply = v.object({Username: v.string(), Secret: v.string()});
const timeoutMs = 10_000;

/**
 * Asks a credential helper for the login of one server. `none`: it has no login for it; `missing`: no such program is installed.
 * @throws OperatorError credentials.helper
 * @see docker/docker-credential-helpers: `get` reads the server from standard input and prints JSON
 */
export async function askHelper(
	helper: string,
	server: string,
	context: HelperContext,
): Promise<RegistryLogin | 'none' | 'missing'> {
	if (!/^[\w.-]+$/.test(helper)) {
		throw new OperatorError('credentials.helper', `"${helper}" is not the name of a credential helper.`, {
			hint: 'Check credHelpers and credsStore in Docker’s config.json.',
			exit: 'configuration',
		});
	}

	const program = `docker-credential-${helper}`;
	const {stdout, stderr, outcome, reason} = await runForSecret({
		program,
		args: ['get'],
		input: server,
		timeoutMs,
		...context,
	});
	const parsed = v.safeParse(reply, readJson(stdout));
	if (parsed.success && outcome === 'succeeded') {
		return loginOfPair(parsed.output.Username, parsed.output.Secret) ?? 'none';
	}

	if (reason === 'ENOENT') {
		return 'missing';
	}

	// What a helper prints when it has none.
	if (/credentials not found/i.test(`${stdout}${stderr}`)) {
		return 'none';
	}

	throw new OperatorError('credentials.helper', `${program} gave no credentials for ${server}.`, {
		hint: `Run: echo ${server} | ${program} get`,
		exit: 'configuration',
	});
}
