import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {buildImage} from '../../../src/drills/images/image.ts';
import {openStore} from '../../../src/drills/images/store.ts';
import {type Login, openLogin} from '../../support/cli.ts';

let login: Login;

beforeAll(async () => {
	login = await openLogin();
	const work = path.join(login.folder, 'work');
	await mkdir(path.join(work, 'store/docker/registry/v2/blobs'), {recursive: true});
	const broken = openStore(path.join(work, 'broken'));
	const image = buildImage({seed: 'app'});
	await broken.push('acme/app', 'latest', image);
	await broken.remove(path.dirname(broken.revisionLink('acme/app', image.manifests[0]!.digest)));
	await writeFile(
		path.join(work, 'regmedic.yaml'),
		`registries:\n  mine: {url: 'http://127.0.0.1:1', storage: {root: '${broken.root}'}}\n`,
	);
});

afterAll(() => login[Symbol.asyncDispose]());

describe.concurrent('the folder of a scan', () => {
	it('is relative to the working directory', async () => {
		const ran = await login.run(['scan', '--path', 'store']);

		expect(ran).toMatchObject({exitCode: 0, stderr: ''});
		expect(ran.stdout.replaceAll('\n  ', ' ')).toContain(path.join(login.folder, 'work/store'));
	});

	it.each([
		['--root', 'data'],
		['--root', '/srv\n/data'],
	])('must be an absolute path on a host, not %s %j', async (...root) => {
		const {exitCode, stderr} = await login.run(['scan', '--ssh', 'vm', ...root]);

		expect(exitCode).toBe(4);
		expect(stderr).toMatch(/is not an absolute path[\s\S]*from \/ on/);
	});
});

describe.concurrent('the output of a scan', () => {
	it('holds the finding with its plan in JSON; the exit code is 3', async () => {
		const {exitCode, stdout, stderr} = await login.run(['scan', '--path', 'broken', '--json']);

		expect({exitCode, stderr}).toEqual({exitCode: 3, stderr: ''});
		expect(JSON.parse(stdout)).toMatchObject({
			schema: 'regmedic.scan/1',
			complete: true,
			role: 'authoritative',
			findings: [
				{kind: 'child-unlinked', repository: 'acme/app', remedy: 'relink', plan: {complete: true, parts: {length: 4}}},
			],
			images: [{repository: 'acme/app', tags: ['latest'], platforms: {whole: ['linux/arm64'], lost: ['linux/amd64']}}],
			risks: [],
			harmless: {history: 0},
		});
	});

	it('names the registry in the next command', async () => {
		const {exitCode, stdout} = await login.run(['scan', '--registry', 'mine']);

		expect(exitCode).toBe(3);
		expect(stdout).toContain('Next: regmedic respond --image 127.0.0.1:1/acme/app:latest');
	});

	it('keeps the findings and is incomplete where the registry does not respond', async () => {
		const {exitCode, stdout} = await login.run(['scan', '--registry', 'mine', '--compare', '--json']);

		expect(exitCode).toBe(3);
		expect(JSON.parse(stdout)).toMatchObject({
			complete: false,
			gaps: [expect.stringContaining('127.0.0.1:1/acme/app:latest was not compared')],
			findings: [{kind: 'child-unlinked'}],
		});
	});

	it('needs a registry for --compare', async () => {
		expect(await login.run(['scan', '--path', 'broken', '--compare'])).toMatchObject({exitCode: 2});
	});
});
