import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {requestLoopback} from '../images/loopback-request.ts';
import {type BasicCredentials, basic} from '../registry/authorization.ts';
import {type ProgramContext, ProgramFailure} from './context.ts';
import {readOptions, valuesOf} from './docker-options.ts';

export async function dockerLogin(words: string[], configFolder: string, context: ProgramContext): Promise<void> {
	const {options, positional} = readOptions(words, ['-u', '--username', '-p', '--password']);
	const host = positional[0] ?? '';
	requireDrillRegistry(host, context);
	const [username = ''] = valuesOf(options, '-u', '--username');
	const password = (await context.input()).replace(/\r?\n$/, '');
	const response = await context.withRetries(() =>
		requestLoopback(`http://${host}/v2/`, {
			headers: {Authorization: basic({username, password})},
			signal: AbortSignal.timeout(10_000),
		}),
	);

	if (!response.ok) {
		throw new ProgramFailure(
			1,
			`Error response from daemon: login attempt to http://${host}/v2/ failed with status: ${response.status} Unauthorized`,
		);
	}

	await mkdir(configFolder, {recursive: true});
	const auth = Buffer.from(`${username}:${password}`).toString('base64');
	await writeFile(path.join(configFolder, 'config.json'), JSON.stringify({auths: {[host]: {auth}}}), {mode: 0o600});
	context.out('Login Succeeded');
}

export async function storedLogin(configFolder: string, host: string): Promise<BasicCredentials | undefined> {
	const text = await readFile(path.join(configFolder, 'config.json'), 'utf8').catch(() => '{}');
	const {auths} = JSON.parse(text) as {auths?: Record<string, {auth?: string}>};
	const auth = auths?.[host]?.auth;

	if (auth === undefined) {
		return undefined;
	}

	const [username = '', password = ''] = Buffer.from(auth, 'base64').toString('utf8').split(/:(.*)/s);
	return {username, password};
}

/** A drill connects only to its own registry. */
export function requireDrillRegistry(host: string, {registryHost}: ProgramContext): void {
	if (host !== registryHost) {
		throw new ProgramFailure(
			1,
			`Error response from daemon: Get "https://${host}/v2/": dial tcp: lookup ${host}: no such host`,
		);
	}
}
