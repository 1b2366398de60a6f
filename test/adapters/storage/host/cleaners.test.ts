import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {chmod, mkdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {createLocalShell} from '../../../../src/adapters/ssh/local.ts';
import {hostNowIn, readHostNow} from '../../../../src/adapters/storage/host/cleaners.ts';
import type {HostNow} from '../../../../src/domain/hold/host-now.ts';
import {createNonces} from '../../../support/nonces.ts';
import {processes} from '../../../support/processes.ts';
import {locate} from '../../../support/real.ts';
import {createTempFolder} from '../../../support/temp-folder.ts';
import {treeManifest} from '../../../support/tree-manifest.ts';

const signal = AbortSignal.timeout(60_000);
const nonce = createNonces();

let folder: string;
let root: string;
let children: ChildProcess[];

beforeEach(async () => {
	folder = await createTempFolder();
	root = path.join(folder, 'data');
	children = [];
	await mkdir(path.join(root, 'docker/registry/v2/repositories'), {recursive: true});
});

afterEach(async () => {
	await Promise.all(
		children
			.filter(({exitCode, signalCode}) => exitCode === null && signalCode === null)
			.map(child => {
				child.kill('SIGKILL');
				return once(child, 'exit');
			}),
	);
});

async function put(name: string, text: string, mode = 0o644): Promise<string> {
	const file = path.join(folder, name);
	await mkdir(path.dirname(file), {recursive: true});
	await writeFile(file, text);
	await chmod(file, mode);
	return file;
}

const look = ({
	PATH = process.env.PATH,
	hostRoot,
	program,
	known,
	onProcesses,
}: {
	PATH?: string | undefined;
	hostRoot?: string;
	program?: string;
	known?: HostNow;
	onProcesses?: () => void;
} = {}) =>
	readHostNow({
		shell: createLocalShell({processes, nonce, environment: {PATH, TZ: 'Asia/Tokyo'}, ...(program && {program})}),
		root,
		signal,
		...(hostRoot && {hostRoot}),
		...(known && {known}),
		...(onProcesses && {onProcesses}),
	});

/** A program with these words for a command line, which ends with its standard input. It begins when it has printed a line. */
async function start(argv: string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
	const work = path.join(folder, 'work');
	await mkdir(work, {recursive: true});
	// The shell reads the first word that is no option as the name of its script.
	await writeFile(path.join(work, argv[1]!), 'echo ready; read line\n');
	const child = spawn('/bin/sh', argv.slice(1), {argv0: argv[0]!, cwd: work, env, stdio: ['pipe', 'pipe', 'inherit']});
	children.push(child);
	await once(child.stdout!, 'data');
	return child.pid!;
}

async function configuration(name: string, rootdirectory: string): Promise<string> {
	return put(
		name,
		`version: 0.1\nstorage:\n  # rootdirectory: /elsewhere\n  filesystem: {rootdirectory: "${rootdirectory}", maxthreads: 100}\n`,
	);
}

describe('what a host runs now', () => {
	it('has command lines word by word, when each began, and whose store a collector collects', async () => {
		await symlink(root, path.join(folder, 'link 0147'));
		const before = Date.now() / 1000;
		const [same, other, byVariable, unread] = [
			await start([
				'registry',
				'garbage-collect',
				'-m',
				await configuration('same.yml', path.join(folder, 'link 0147')),
			]),
			await start(['registry', 'garbage-collect', await configuration('other.yml', folder)]),
			await start(['/usr/bin/registry', 'garbage-collect', path.join(folder, 'other.yml')], {
				...process.env,
				REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: root,
			}),
			await start(['registry', 'garbage-collect', path.join(folder, 'no\nwhere.yml')]),
		];

		const host = await look();
		const found = (pid: number) => host.processes.find(each => each.pid === pid);

		expect(host.gaps).toEqual([]);
		expect(found(same)).toMatchObject({
			argv: ['registry', 'garbage-collect', '-m', path.join(folder, 'same.yml')],
			parent: process.pid,
			store: 'same',
		});
		expect(found(other)?.store).toBe('other');
		expect(found(byVariable)?.store).toBe('same');
		expect(found(unread)).toMatchObject({
			argv: ['registry', 'garbage-collect', path.join(folder, 'no\nwhere.yml')],
			store: 'unknown',
		});
		// The kernel counts from the start of the machine, which is known to the second.
		expect(Math.abs(found(same)!.started - before)).toBeLessThan(60);
		expect(found(process.pid)).toBeDefined();
		expect(host.processes.every(({argv}) => argv.length > 0)).toBe(true);
	});

	it('has the text of a script that has to do with a registry, and of no other', async () => {
		const script = 'echo ready; read line; # garbage-collect\n';
		const run = async (file: string) => {
			const child = spawn('/bin/sh', ['-e', file, '--keep'], {stdio: ['pipe', 'pipe', 'inherit']});
			children.push(child);
			await once(child.stdout!, 'data');
			return child.pid!;
		};
		const [loop, other] = [
			await run(await put('loop.sh', script)),
			await run(await put('other.sh', script.replace('garbage-', ''))),
		];

		const host = await look();

		expect(host.processes.find(({pid}) => pid === loop)?.script).toBe(script);
		expect(host.processes.find(({pid}) => pid === other)).not.toHaveProperty('script');
	});

	it('is read anew at a look that takes what will start, and the scripts that still run, from the one before', async () => {
		await put('bin/crontab', "#!/bin/sh\necho '25 3 * * 0 /opt/weekly'\n", 0o755);
		const file = await put('loop.sh', 'echo ready; read line; # garbage-collect\n');
		const run = async (words: string[]) => {
			const child = spawn('/bin/sh', words, {stdio: ['pipe', 'pipe', 'inherit']});
			children.push(child);
			await once(child.stdout!, 'data');
			return child.pid!;
		};
		const [loop, other] = [await run([file]), await run([await put('other.sh', 'echo ready; read line\n')])];
		const PATH = `${folder}/bin:${process.env.PATH}`;
		const known = await look({PATH});
		// It shows whose text is told: the file's, or that of the look before.
		await writeFile(file, 'echo ready; read line; # garbage-collect, and more\n');
		await put('bin/crontab', '#!/bin/sh\necho "* * * * * /opt/other"\n', 0o755);
		const [later, collector] = [
			await run([file, '--again']),
			await start(['registry', 'garbage-collect', await configuration('same.yml', root)]),
		];

		const host = await look({PATH, known});

		const scriptOf = (pid: number) => host.processes.find(each => each.pid === pid)?.script;
		expect(scriptOf(loop)).toBe('echo ready; read line; # garbage-collect\n');
		expect(scriptOf(later)).toBe('echo ready; read line; # garbage-collect, and more\n');
		expect(host.processes.find(({pid}) => pid === other)).not.toHaveProperty('script');
		expect(host.processes.find(({pid}) => pid === collector)).toMatchObject({store: 'same'});
		expect(host.crontabs).toEqual(known.crontabs);
		expect(host).toMatchObject({zone: known.zone, gaps: []});
		expect((await look({PATH})).crontabs).toContainEqual({path: 'crontab -l', text: '* * * * * /opt/other'});
	});

	it('is told before what is scheduled has been read', async () => {
		// systemctl is asked only for timers: it tells of one once the processes were told, and is ended after ten seconds.
		const told = path.join(folder, 'told');
		const timer = 'Sun 2026-04-19 01:25:00 UTC 13h left - - gc.timer gc.service';
		await put('bin/systemctl', `#!/bin/sh\nuntil [ -e ${told} ]; do sleep 0.01; done\necho '${timer}'\n`, 0o755);

		const host = await look({
			PATH: `${folder}/bin:${process.env.PATH}`,
			onProcesses: () => writeFileSync(told, ''),
		});

		expect(host.processes.find(({pid}) => pid === process.pid)).toBeDefined();
		expect(host.timers).toContainEqual(expect.objectContaining({unit: 'gc.timer'}));
	});

	it('cut off before all processes were told has a gap', () => {
		const head = '\nM now 1776513630 +0000';
		expect(hostNowIn(`${head}\nM seen\n\nM end\n`, 'M').gaps).toEqual([]);
		expect(hostNowIn(`${head}\nM end\n`, 'M').gaps).toEqual(['the output of the host ended before its last line']);
		expect(hostNowIn(`${head}\nM seen\n`, 'M').gaps).toHaveLength(1);
	});

	it('names containers, and asks docker for the processes that this host does not show', async () => {
		const id = 'ab'.repeat(32);
		await put(
			'bin/docker',
			`#!/bin/sh\ncase "$1 $2" in\n"ps --no-trunc") echo "${id} registry-gc" ;;\n"top ${id}") printf 'PID PPID ELAPSED COMMAND\\n 4711 1 90 sh -c while true; do registry garbage-collect /c.yml; sleep 9; done\\n' ;;\nesac\n`,
			0o755,
		);

		const host = await look({PATH: `${folder}/bin:${process.env.PATH}`});

		expect(host.containers.filter(({name}) => name === 'registry-gc')).toEqual([
			{engine: 'docker', id, name: 'registry-gc'},
		]);
		expect(host.processes.find(({pid, container}) => pid === 4711 && container === id)).toMatchObject({
			argv: ['sh', '-c', 'while true; do registry garbage-collect /c.yml; sleep 9; done'],
			started: host.clock - 90,
		});
	});

	it('has its crontabs whole, its timers, its own time zone and not the login’s', async () => {
		await put('bin/crontab', "#!/bin/sh\necho '25 3 * * 0 /opt/weekly'\n", 0o755);
		await put(
			'bin/systemctl',
			`#!/bin/sh\ncase "$*:$TZ" in\n"--system list-timers --full --no-pager --no-legend:UTC") echo 'Sun 2026-04-19 01:25:00 UTC 13h left - - gc.timer gc.service' ;;\n"--user list-timers "*) echo 'Mon 2026-04-20 01:25:00 UTC 2 days left - - my.timer my.service' ;;\nesac\n`,
			0o755,
		);

		const host = await look({PATH: `${folder}/bin:${process.env.PATH}`});

		expect(host.crontabs).toContainEqual({path: 'crontab -l', text: '25 3 * * 0 /opt/weekly'});
		expect(host.timers).toEqual([
			{unit: 'gc.timer', activates: 'gc.service', isUser: false, next: Date.parse('2026-04-19T01:25:00Z') / 1000},
			{unit: 'my.timer', activates: 'my.service', isUser: true, next: Date.parse('2026-04-20T01:25:00Z') / 1000},
		]);
		expect(host.zone.name).not.toBe('Asia/Tokyo');
		expect(Math.abs(host.clock - Date.now() / 1000)).toBeLessThan(60);
	});

	it('has the enabled timers by their files where systemd cannot be asked, also in a copy of a host', async () => {
		const at = 'host/etc/systemd/system';
		await put(`${at}/gc.timer`, '[Timer]\nOnCalendar=daily\nOnCalendar=\nOnCalendar = Sun 03:25\n');
		await put(`${at}/other.timer`, '[Timer]\nOnCalendar=hourly\n');
		await put('host/usr/lib/systemd/system/gc.timer', '[Timer]\nOnCalendar=monthly\n');
		await mkdir(path.join(folder, at, 'timers.target.wants'));
		// As systemctl enable links it: to a file of the host.
		await symlink('/etc/systemd/system/gc.timer', path.join(folder, at, 'timers.target.wants/gc.timer'));

		const {timers} = await look({hostRoot: path.join(folder, 'host')});

		expect(timers).toEqual([{unit: 'gc.timer', activates: 'gc.service', isUser: false, calendar: ['Sun 03:25']}]);
	});

	it('asks docker for the crontab of a crond that this host does not show', async () => {
		const id = 'cd'.repeat(32);
		await put('tree/root', '0 3 * * * registry garbage-collect /c.yml\n');
		await put(
			'bin/docker',
			`#!/bin/sh
case "$1 $2" in
"ps --no-trunc") echo "${id} registry-gc" ;;
"top ${id}") printf 'PID PPID ELAPSED COMMAND\\n 4711 1 90 crond -f\\n' ;;
"inspect -f") echo TZ=Europe/Berlin ;;
"cp ${id}:/etc/crontabs/root") tar -cf - -C ${folder}/tree root ;;
*) exit 1 ;;
esac
`,
			0o755,
		);

		const host = await look({PATH: `${folder}/bin:${process.env.PATH}`});

		expect(host.crontabs.filter(({inside}) => inside !== undefined)).toEqual([
			{
				path: '/etc/crontabs/root',
				text: '0 3 * * * registry garbage-collect /c.yml\n',
				inside: {container: id, zone: 'Europe/Berlin'},
			},
		]);
	});

	it('of a copy of a host is its crontabs and its zone, and no process of this machine', async () => {
		await put('host/etc/cron.d/registry', '0 3 * * 0 root /opt/gc\n');
		await put('host/var/spool/cron/crontabs/ops', '0 4 * * 0 /opt/clean\n');
		await symlink('../usr/share/zoneinfo/Europe/Berlin', path.join(folder, 'host/etc/localtime'));
		const before = treeManifest(folder);

		const host = await look({hostRoot: path.join(folder, 'host')});

		expect(host).toMatchObject({processes: [], containers: [], timers: [], zone: {name: 'Europe/Berlin'}, gaps: []});
		expect(host.crontabs).toEqual([
			{path: '/etc/cron.d/registry', text: '0 3 * * 0 root /opt/gc\n'},
			{path: '/var/spool/cron/crontabs/ops', text: '0 4 * * 0 /opt/clean\n'},
		]);
		expect(treeManifest(folder)).toEqual(before);
	});

	it.skipIf(locate('busybox') === undefined)('is the same with nothing but busybox', async () => {
		const bin = path.join(folder, 'busybox');
		await mkdir(bin);
		for (const name of [
			'sh',
			'dd',
			'grep',
			'sed',
			'tr',
			'head',
			'tail',
			'wc',
			'date',
			'readlink',
			'cmp',
			'timeout',
			'env',
			'cat',
		]) {
			await symlink(locate('busybox')!, path.join(bin, name));
		}

		const pid = await start(['registry', 'garbage-collect', await configuration('same.yml', root)]);

		const host = await look({PATH: bin, program: path.join(bin, 'sh')});

		expect(host.gaps).toEqual([]);
		expect(host.processes.find(each => each.pid === pid)).toMatchObject({store: 'same', parent: process.pid});
	});
});
