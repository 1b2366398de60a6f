import {chmod, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {openLogin} from '../support/cli.ts';

it('a token that is not needed is hidden where ssh prints it, and ssh gets none', async () => {
	await using login = await openLogin();
	const program = path.join(login.folder, 'ssh');
	await writeFile(
		program,
		`#!/bin/sh\nenv >>"$HOME/environment"\n[ "$1" = -V ] && exit 0\necho "it is ci-token-0123456789, VGhlIHRva2VuIGlzIGNpLXRv\na2VuLTAxMjM0NTY3ODk=" >&2\nexit 255\n`,
	);
	await chmod(program, 0o755);
	await writeFile(
		path.join(login.folder, 'work/regmedic.yaml'),
		`registries: {r: {url: 'http://127.0.0.1:1', storage: {ssh: vm, root: /srv}}}
woodpecker: {url: 'https://ci.example', token: {env: CI_TOKEN}}
`,
	);

	const ran = await login.run(['scan', '--registry', 'r', '--verbose'], {
		environment: {
			PATH: `${login.folder}:${process.env.PATH}`,
			CI_TOKEN: 'ci-token-0123456789',
			VAULT_TOKEN: 'v',
			PUSHGATEWAY_PASSWORD: 'p',
		},
	});

	expect(ran.exitCode, ran.stderr).toBe(6);
	expect(ran.stderr).toContain('[secret]');
	expect(ran.stderr).not.toMatch(/0123456789|IGNpLXR|LTAxMjM/);
	const environment = await readFile(path.join(login.folder, 'environment'), 'utf8');
	expect(environment).toMatch(/^PATH=/m);
	expect(environment).not.toMatch(/^(?:CI_TOKEN|VAULT_TOKEN|PUSHGATEWAY_PASSWORD)=/m);
});
