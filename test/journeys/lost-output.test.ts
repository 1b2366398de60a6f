import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type Login, openLogin, type Ran} from '../support/cli.ts';
import {isSweep} from '../support/sweep.ts';

let login: Login;

beforeAll(async () => {
	login = await openLogin();
	const registry = path.join(login.folder, 'store/docker/registry/v2');
	await mkdir(path.join(registry, 'repositories'), {recursive: true});
	await mkdir(path.join(registry, 'blobs'), {recursive: true});
	await mkdir(path.join(login.folder, 'config/regmedic'), {recursive: true});
	await writeFile(
		path.join(login.folder, 'config/regmedic/config.yaml'),
		`registries: {r: {url: 'http://127.0.0.1:1', storage: {root: ${JSON.stringify(path.join(login.folder, 'store'))}}}}`,
	);
	await (isSweep ? login.run(['drill', 'child-unlinked', '--speed', '1000']) : undefined);
}, 60_000);
afterAll(() => login[Symbol.asyncDispose]());

const ways = {
	'a full disk for its output': '"$@" >/dev/full',
	'a full disk for its messages': '"$@" 2>/dev/full',
	'closed messages': '"$@" 2>&-',
	'a reader of its messages that is gone': 'exec 3>&1; "$@" 2>&1 >&3 | true; exit $PIPESTATUS',
};

describe.concurrent('output that cannot be written', {timeout: 60_000}, () => {
	const commands = [
		'scan --path STORE',
		'verify 127.0.0.1:1/app:latest',
		'scan --path STORE --json',
		'verify --json 127.0.0.1:1/app:latest',
		'runbook show orphan-index',
		'--version',
		'probe r',
		'probe r --json',
		'audit r',
		'check',
		'incidents --all',
		'journal verify child-unlinked',
		'export child-unlinked',
		'respond 127.0.0.1:1/app:latest --auto',
		'drill child-unlinked --speed 1000',
		'--help',
	];

	it.each(isSweep ? commands : commands.slice(0, 2))('%s ends with its own code, and without a stack', async line => {
		const args = line.split(' ').map(word => (word === 'STORE' ? path.join(login.folder, 'store') : word));
		const whole = await login.run(args);
		const through = (way: keyof typeof ways) => login.run(args, {wrapper: ['bash', '-c', ways[way], 'bash']});

		const full = await through('a full disk for its output');
		expect(full.exitCode, full.stderr).toBe(whole.exitCode === 0 && whole.stdout !== '' ? 1 : whole.exitCode);
		expect(full.stderr).not.toMatch(/^ {4}at /m);
		expect(full.stderr.includes("The output can't be written (ENOSPC)"), full.stderr).toBe(whole.stdout !== '');

		for (const way of [
			'a full disk for its messages',
			'closed messages',
			'a reader of its messages that is gone',
		] as const) {
			expect(codeAndOutput(await through(way))).toEqual(codeAndOutput(whole));
		}
	});
});

function codeAndOutput({exitCode, stdout}: Ran) {
	return {exitCode, lines: stdout.replace(/\d/g, '').split('\n').length};
}
