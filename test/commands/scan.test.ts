import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type Login, openLogin} from '../support/cli.ts';

let login: Login;

beforeAll(async () => {
	login = await openLogin();
	await mkdir(path.join(login.folder, 'work/store/docker/registry/v2/blobs'), {recursive: true});
});

afterAll(() => login[Symbol.asyncDispose]());

describe.concurrent('where a scan looks', () => {
	it('is below the working directory, where a path does not begin at the root', async () => {
		const ran = await login.run(['scan', '--path', 'store']);

		expect(ran).toMatchObject({exitCode: 0, stderr: ''});
		expect(ran.stdout).toContain(path.join(login.folder, 'work/store'));
	});

	it.each([
		['--root', 'data'],
		['--root', '/srv\n/data'],
	])('on another host is a whole path, not %s %j', async (...root) => {
		const {exitCode, stderr} = await login.run(['scan', '--ssh', 'vm', ...root]);

		expect(exitCode).toBe(4);
		expect(stderr).toMatch(/is not the whole path of a folder[\s\S]*from \/ on/);
	});
});
