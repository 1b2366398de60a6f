import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {type Login, openLogin, type RunOptions} from '../../support/cli.ts';

let login: Login;

beforeAll(async () => {
	login = await openLogin();
	await writeFile(
		path.join(login.folder, 'work/regmedic.yaml'),
		// Nothing listens on these ports.
		'registries: {private: {url: "http://127.0.0.1:9"}, other: {url: "http://127.0.0.1:10"}}\n',
	);
});

afterAll(() => login[Symbol.asyncDispose]());

const firing = (labels: Record<string, string>) => ({status: 'firing', labels});
const infra = firing({instance: '127.0.0.1:9', repository: 'infra-ci', tag: 'latest'});
const shop = firing({instance: '127.0.0.1:9', repository: 'web/shop', tag: '1.42.0'});

async function respond(alerts: unknown[], more: string[] = [], options?: RunOptions) {
	await writeFile(path.join(login.folder, 'work/alert.json'), JSON.stringify({alerts}));
	const ran = await login.run(['respond', '--alert', 'alert.json', '--auto', ...more], options);
	return {...ran, said: ran.stderr.replace(/\s+/g, ' ')};
}

it('an alert that names one image of a configured registry opens its incident, from a file and from standard input', async () => {
	const one = await respond([infra, {...shop, status: 'resolved'}]);
	const piped = await login.run(['respond', '--alert', '-', '--auto', '--another'], {
		wrapper: ['sh', '-c', 'exec "$@" <alert.json', 'sh'],
	});

	for (const {stdout, stderr} of [one, piped]) {
		expect(stderr).toContain('The alert is about 127.0.0.1:9/infra-ci:latest.');
		expect(stdout).toContain('Responding to 127.0.0.1:9/infra-ci:latest');
	}
});

it('without a terminal several images are listed, and nothing is contacted', async () => {
	const {exitCode, said, stdout} = await respond([infra, shop]);

	expect([exitCode, stdout]).toEqual([2, '']);
	expect(said).toContain('names several: 127.0.0.1:9/infra-ci:latest; 127.0.0.1:9/web/shop:1.42.0.');
	expect(said).toContain('--image 127.0.0.1:9/infra-ci:latest');
});

it.each([
	[
		'a host that is not configured',
		[firing({instance: '127.0.0.1:11', repository: 'a', tag: '1'})],
		'was not contacted',
	],
	['nothing that fires', [{...infra, status: 'resolved'}], 'No alert of this message fires'],
	['no registry that is known', [firing({instance: 'node7:9100'})], 'No alert names a configured registry'],
])('%s: exit 2 with what to do', async (_, alerts, says) => {
	const {exitCode, said, stdout} = await respond(alerts);

	expect([exitCode, stdout]).toEqual([2, '']);
	expect(said).toContain(says);
});

it('an alert that names a registry alone has all of it looked at', async () => {
	const {exitCode, said} = await respond([firing({instance: '127.0.0.1:10'})]);

	expect(said).toContain('The alert is about the registry other.');
	expect([6, 8]).toContain(exitCode);
});

it('a plan is made for the registry that an alert names', async () => {
	const {exitCode, said} = await respond([firing({instance: '127.0.0.1:10'})], ['--plan', 'never.json']);

	expect(said).toContain('The alert is about the registry other.');
	expect([6, 8]).toContain(exitCode);
});

it.each([
	['a file that is not there', ['--alert', 'absent.json'], 'ENOENT'],
	['a folder', ['--alert', '.'], 'not a regular file'],
	['what never ends', ['--alert', '/dev/zero'], 'longer than 1 MiB'],
	['an image beside it', ['--alert', 'alert.json', '--image', '127.0.0.1:9/a:1'], 'name the same thing'],
])('%s is refused', async (_, args, says) => {
	const {exitCode, stderr} = await login.run(['respond', ...args]);

	expect(exitCode).toBe(2);
	expect(stderr).toContain(says);
});
