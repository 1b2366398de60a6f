import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect, test} from 'vitest';
import {scenarios} from '../../../src/drills/scenarios/scenarios.ts';
import {openWorld} from '../../../src/drills/world/world.ts';
import {processes} from '../../support/processes.ts';
import {temporaryFolder} from '../../support/real.ts';
import {childStatuses, ended, manifest, overSsh, pipeline, testWorld, trigger} from '../drill.ts';

test('every scenario has a title and a story', () => {
	for (const {name, title, story} of scenarios) {
		expect(
			[title, story].map(text => text.length > 0),
			name,
		).toEqual([true, true]);
	}
});

test('after the garbage collection the index exists and its children do not; plain images are unharmed', async () => {
	await using opened = await testWorld({scenario: 'orphan-index'});
	const {world} = opened;

	expect((await manifest(world, 'infra-ci', 'latest')).status).toBe(200);
	expect(await childStatuses(world, 'latest')).toEqual([404, 404, 404, 404]);
	expect((await manifest(world, 'base/debian', '12-slim')).status).toBe(200);
	expect((await manifest(world, 'base/alpine', '3.21-keep-0')).status).toBe(200);
});

test('a child without its link is missing; the other children exist', async () => {
	await using opened = await testWorld({scenario: 'child-unlinked'});

	expect(await childStatuses(opened.world, 'latest')).toEqual([404, 200, 200, 200]);
	expect(opened.world.broken.remedy).toBe('relink');
});

test('the same seed makes the same images', async () => {
	await using one = await testWorld({seed: 'a'});
	await using same = await testWorld({seed: 'a'});
	await using other = await testWorld({seed: 'b'});

	expect(same.world.broken).toEqual(one.world.broken);
	expect(other.world.broken).not.toEqual(one.world.broken);
});

test('a world that is opened again has the same ports, keys and tokens, and its counts', async () => {
	await using first = await testWorld();
	const {number} = await trigger(first.world);
	await ended(first.world, number);
	await first.world.close();

	await using second = await testWorld({folder: first.folder});

	expect(second.world.image).toBe(first.world.image);
	expect(second.world.ssh).toEqual(first.world.ssh);
	expect(second.world.ci).toEqual(first.world.ci);
	expect(second.world.counts()).toEqual({...first.world.counts(), manualPipelines: 1});
	expect((await overSsh(second.world, 'echo here')).stdout).toBe('here\n');
	expect((await pipeline(second.world, number)).status).toBe('success');
});

test('a pipeline that ran when the process was killed continues in the next process and pushes its image', async () => {
	await using place = await temporaryFolder();
	const options = {folder: place.folder, scenario: 'orphan-index', seed: 'test', speed: 8};
	const program = `
		const {openWorld} = await import(${JSON.stringify(pathToFileURL(path.resolve('src/drills/world/world.ts')).href)});
		const {ci} = await openWorld({
			...${JSON.stringify(options)},
			processes: {node: process.execPath, kill: process.kill.bind(process)},
		});
		const body = JSON.stringify({branch: 'main', variables: {REQUEST_ID: 'r-1'}});
		const headers = {Authorization: 'Bearer ' + ci.token};
		await (await fetch(ci.url + '/api/repos/42/pipelines', {method: 'POST', body, headers})).json();
		console.log('triggered');
	`;
	const child = spawn(process.execPath, ['--input-type=module', '-e', program], {stdio: ['ignore', 'pipe', 'inherit']});
	await once(child.stdout, 'data');
	child.kill('SIGKILL');
	await once(child, 'close');

	await using opened = await testWorld(options);
	const before = await pipeline(opened.world, 377);
	const after = await ended(opened.world, 377);

	expect(['pending', 'running']).toContain(before.status);
	expect(after).toMatchObject({status: 'success', variables: {REQUEST_ID: 'r-1'}});
	expect(await childStatuses(opened.world, 'latest')).toEqual([200, 200, 200, 200]);
	expect(opened.world.counts().manualPipelines).toBe(1);
});

test('a world whose making was interrupted is made again', async () => {
	await using place = await temporaryFolder();
	await mkdir(path.join(place.folder, 'registry/docker'), {recursive: true});
	await writeFile(path.join(place.folder, 'registry/docker/half'), '');
	await writeFile(path.join(place.folder, 'ci.json'), '[{"number": 1');

	await using opened = await testWorld({folder: place.folder});

	expect(await childStatuses(opened.world, 'latest')).toEqual([404, 404, 404, 404]);
	expect(await readdir(path.join(place.folder, 'registry/docker'))).toEqual(['registry']);
});

test('the error for a port that another program uses names the port and what to do', async () => {
	await using opened = await testWorld();
	await opened.world.close();
	const squatter = createServer().listen(Number(new URL(opened.world.ci.url).port), '127.0.0.1');
	await once(squatter, 'listening');

	try {
		await expect(testWorld({folder: opened.folder})).rejects.toMatchObject({
			code: 'drill.port-taken',
			hint: expect.stringContaining('Stop it'),
		});
	} finally {
		squatter.close();
	}

	await using again = await testWorld({folder: opened.folder});
	expect(again.world.ci).toEqual(opened.world.ci);
});

test('a port that is held for a moment longer is retried', async () => {
	await using opened = await testWorld();
	await opened.world.close();
	const squatter = createServer().listen(Number(new URL(opened.world.ci.url).port), '127.0.0.1');
	await once(squatter, 'listening');
	setTimeout(() => squatter.close(), 300);

	await using again = await testWorld({folder: opened.folder});

	expect(again.world.ci).toEqual(opened.world.ci);
});

test('a world listens below the ports that the system gives to outgoing connections', async () => {
	await using opened = await testWorld();

	const ports = [opened.world.registryUrl, opened.world.ci.url].map(url => Number(new URL(url).port));

	expect(Math.max(...ports, opened.world.ssh.port)).toBeLessThan(32_768);
});

test('an unknown drill is refused with the list of drills, and a folder keeps its drill', async () => {
	await using opened = await testWorld();
	const {folder} = opened;

	await expect(openWorld({processes, folder, scenario: 'nonsense', seed: ''})).rejects.toMatchObject({
		code: 'drill.unknown-scenario',
		exit: 'usage',
		hint: expect.stringContaining('orphan-index-ci-down'),
	});
	await expect(openWorld({processes, folder, scenario: 'child-unlinked', seed: ''})).rejects.toMatchObject({
		code: 'drill.other-scenario',
	});
});

test('an aborted signal closes the world', async () => {
	const stopping = new AbortController();
	await using opened = await testWorld({signal: stopping.signal});

	stopping.abort();
	await opened.world.close();

	await expect(fetch(opened.world.registryUrl)).rejects.toThrow();
});

test('a detached job outlives its connection, but not the world', async () => {
	await using opened = await testWorld();
	const {world, folder} = opened;
	const job = 'echo $$ >"$HOME/job"; echo run >"$HOME/fifo"; exec sleep 300';

	await overSsh(world, `mkfifo fifo; setsid sh -c '${job}' >/dev/null 2>&1 </dev/null & cat fifo`);
	const pid = Number(await readFile(path.join(folder, 'vm/job'), 'utf8'));
	const commandLine = () => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');

	expect(await commandLine()).toContain('sleep');
	await world.close();
	expect(await commandLine()).toBe('');
	await rm(path.join(folder, 'vm/job'));
});
