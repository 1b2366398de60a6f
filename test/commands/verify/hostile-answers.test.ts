import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import {createServer, type RequestListener} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type Login, openLogin} from '../../support/cli.ts';

/** It is wrapped at its space, and looks different in every encoding. */
const password = 'h0rse/batt+ery st&ple';
const basic = Buffer.from(`nora:${password}`).toString('base64');
const environment = {REG_USER: 'nora', REG_PASS: password};

let login: Login;

beforeAll(async () => {
	login = await openLogin();
});

afterAll(() => login[Symbol.asyncDispose]());

/** A registry that answers as told, and the configuration that has our password for it. */
async function registryThat(answer: RequestListener) {
	const server = createServer(answer).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
	const file = path.join(login.folder, `${host.replace(':', '-')}.yaml`);
	await writeFile(
		file,
		`registries:\n  acme:\n    url: http://${host}\n    credentials: {env: {username: REG_USER, password: REG_PASS}}\n`,
	);
	return {
		image: `${host}/infra-ci:latest`,
		config: ['--config', file],
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

/** Says in every error what it was sent, between words that would draw. */
const echoes =
	(status: number): RequestListener =>
	({url, headers: {authorization = ''}}, response) => {
		if (url?.includes('/tags/list') && status !== 403) {
			response.end('{"tags":["latest"]}');
			return;
		}

		const sent = Buffer.from(authorization.slice('Basic '.length), 'base64').toString();
		const message = `\u001B[2J\u202E got ${authorization}, so ${sent}`;
		response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify({errors: [{message}]}));
	};

describe.concurrent('a registry that repeats the password it was sent', () => {
	it.each([
		['in a 404', 404, 3],
		['in a 500', 500, 3],
		['in a 403', 403, 5],
	])('%s: it is never printed, as text or as JSON', async (_, status, exitCode) => {
		await using registry = await registryThat(echoes(status));

		for (const flags of [[], ['--json'], ['--verbose']]) {
			const ran = await login.run([...registry.config, 'verify', registry.image, ...flags], {environment});
			const said = `${ran.stdout}${ran.stderr}`;

			expect(ran.exitCode).toBe(exitCode);
			expect(said).toContain('[secret]');
			for (const leak of [password, 'h0rse', 'st&ple', basic, '\u001B', '\u202E']) {
				expect(said).not.toContain(leak);
			}
		}
	});

	it('is not printed by `regmedic check` either', async () => {
		await using registry = await registryThat(echoes(403));

		const {stdout} = await login.run([...registry.config, 'check'], {environment});

		expect(stdout).toContain('[secret]');
		expect(stdout).not.toContain(password);
	});
});

it('a reader that closes the pipe early does not make a broken image exit with 0', async () => {
	await using registry = await registryThat(echoes(404));
	const script = '{ "$@"; echo $? >&2; } | head -c 1';
	const {stderr} = await login.start([...registry.config, 'verify', ...Array<string>(40).fill(registry.image)], {
		environment,
		wrapper: ['sh', '-c', script, 'sh'],
	}).ended;

	expect(stderr).not.toMatch(/^0$/m);
	expect(stderr).toMatch(/^(?:3|130)$/m);
});

it('a runtime folder that cannot be written is not used', async () => {
	const ran = await login.run(['verify', '127.0.0.1:1/infra-ci:latest'], {environment: {XDG_RUNTIME_DIR: '/proc'}});

	expect(ran.exitCode).toBe(6);
});

it('control characters in a runbook are escaped when it is shown', async () => {
	await writeFile(path.join(login.folder, 'work/sent.md'), '# \u001B]0;mine\u0007\u202EPage\n');

	const {stdout} = await login.run(['runbook', 'show', './sent.md']);

	expect(stdout).toBe('# ^[]0;mine^G<U+202E>Page\n');
});
