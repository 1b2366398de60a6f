import {execFileSync} from 'node:child_process';
import {mkdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, expect, test} from 'vitest';
import {hostNowIn} from '../../../../src/adapters/storage/host/cleaners.ts';
import {putContainerCrontabs} from '../../../../src/adapters/storage/host/container-crontabs.ts';
import {assessHold} from '../../../../src/domain/hold/hold.ts';
import {store} from '../../../support/host-now.ts';
import {createTempFolder} from '../../../support/temp-folder.ts';

const id = 'ab'.repeat(32);
let folder: string;

beforeEach(async () => {
	folder = await createTempFolder();
});

async function put(name: string, text: string): Promise<void> {
	await mkdir(path.dirname(path.join(folder, name)), {recursive: true});
	await writeFile(path.join(folder, name), text);
}

/** What is read of a container, from a folder that plays its process in /proc. */
async function read({cgroup = `0::/system.slice/docker-${id}.scope`, command = 'crond\0-f\0', env = ''} = {}) {
	await put('cmdline', command);
	await put('environ', env);
	const script = `mark=M narrow=garbage-collect crond_of=
put() { printf '\\n%s %s\\n' "$mark" "$1"; }
words_of() { tr '\\000' '\\n' <"$1"; }
${putContainerCrontabs}
put_crontabs "$1" "$2"; put_crontabs "$1" "$2"; put seen; put end`;
	const output = execFileSync('/bin/sh', ['-c', script, 'sh', folder, cgroup], {encoding: 'utf8', stdio: 'pipe'});
	return {
		...hostNowIn(output, 'M'),
		clock: Date.parse('2026-04-18T12:00:30Z') / 1000,
		containers: [{id, name: 'registry-gc', engine: 'docker' as const}],
	};
}

const holdOf = async (options?: Parameters<typeof read>[0]) => {
	const now = await read(options);
	return assessHold({root: store, files: [], running: [], gaps: []}, now, {looked: now.clock * 1000});
};

test('the crontab of an Alpine container is read once, in the zone of its crond, with the scripts that it names', async () => {
	await put(
		'root/etc/crontabs/root',
		'0 3 * * * /usr/local/bin/gc >/dev/null\n0 4 * * * run-parts /etc/periodic/daily\n',
	);
	await mkdir(path.join(folder, 'root/var/spool/cron'), {recursive: true});
	// As Alpine links it; from the host it leads to a folder of the host.
	await put('host/root', '0 5 * * * registry garbage-collect /c.yml\n');
	await symlink(path.join(folder, 'host'), path.join(folder, 'root/var/spool/cron/crontabs'));
	await put('root/usr/local/bin/gc', '#!/bin/sh\nregistry garbage-collect /etc/docker/registry/config.yml\n');
	await put('root/etc/periodic/daily/clean', '#!/bin/sh\nregistry garbage-collect -m /c.yml\n');

	const {next, gaps} = await holdOf({env: 'A=1\0TZ=Europe/Berlin\0'});

	expect(gaps).toEqual([]);
	expect(next.map(({file, at, starts}) => [file, at, starts])).toEqual([
		['container registry-gc:/etc/crontabs/root', 1, '2026-04-19T01:00:00.000Z'],
		['container registry-gc:/etc/crontabs/root', 2, '2026-04-19T02:00:00.000Z'],
	]);
	expect(next[0]!.suspend).toEqual({kind: 'command', program: 'docker', name: 'registry-gc'});
});

test('a container without a zone counts in UTC; one that serves the registry is not stopped', async () => {
	await put('root/var/spool/cron/crontabs/root', '0 3 * * * registry garbage-collect /c.yml\n');
	const now = await read({command: '/usr/sbin/cron\0'});
	const processes = [{pid: 1, parent: 0, argv: ['registry', 'serve', '/c.yml'], started: now.clock, container: id}];

	const {next} = assessHold(
		{root: store, files: [], running: [], gaps: []},
		{...now, processes},
		{looked: now.clock * 1000},
	);

	expect(next).toMatchObject([
		{
			starts: '2026-04-19T03:00:00.000Z',
			suspend: {
				kind: 'by-hand',
				how: 'In the container registry-gc, put # before line 1 of /var/spool/cron/crontabs/root: 0 3 * * * registry garbage-collect /c.yml',
			},
		},
	]);
});

test('supercronic names its file', async () => {
	await put('root/etc/gc.cron', '15 * * * * /gc.sh\n');
	await put('root/gc.sh', 'registry garbage-collect /c.yml\n');

	expect((await holdOf({command: '/usr/local/bin/supercronic\0-quiet\0/etc/gc.cron\0'})).next).toMatchObject([
		{file: 'container registry-gc:/etc/gc.cron', starts: '2026-04-18T12:15:00.000Z'},
	]);
});

test('a program of the host, and another program of a container, have no crontabs of a container', async () => {
	await put('root/etc/crontabs/root', '0 3 * * * registry garbage-collect /c.yml\n');

	expect((await holdOf({cgroup: '0::/system.slice/cron.service'})).next).toEqual([]);
	expect((await holdOf({command: 'sh\0/cron.sh\0'})).next).toEqual([]);
});

test('a container whose files this login may not read is a gap', async () => {
	expect((await holdOf()).gaps).toEqual([`the crontabs in the container ${id}: this login may not read them`]);
});
