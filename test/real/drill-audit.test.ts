import {chmod, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import type {Maintenance} from '../../src/domain/audit/maintenance.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import {createRedaction} from '../../src/domain/text/redaction.ts';
import {openDrill} from '../../src/incidents/drill.ts';
import {openPorts} from '../../src/wiring/ports.ts';
import {processes} from '../support/processes.ts';
import {describeReal, locate, temporaryFolder} from '../support/real.ts';

const signal = AbortSignal.timeout(20_000);

/** What any program of this machine opens to start: itself, its libraries, its language; and what glibc asks of the kernel. */
const ofPrograms = [
	/^\/(?:usr\/)?(?:local\/)?s?bin\/[\w.-]+$/,
	/^\/(?:usr\/)?lib(?:32|64|x32)?\/(?:[\w-]+\/)?[\w.+-]+\.so[\w.]*$/,
	/^\/usr\/(?:lib|share)\/locale\//,
	/^\/usr\/lib\/[\w-]+\/gconv\//,
	/^\/etc\/(?:ld\.so\.(?:cache|preload)|localtime)$/,
	/^\/(?:dev\/null|proc\/self\/maps|proc\/filesystems|sys\/fs\/selinux|selinux|etc\/selinux\/config)$/,
];
/** They tell of this machine, whichever folder they are given. */
const tellers =
	/^(?:ps|pgrep|docker|podman|nerdctl|systemctl|crontab|atq|df|mount|findmnt|id|hostname|readlink|registry)$/;

describeReal('what the audit of a rehearsal looks at', ['strace'], () => {
	it('is the folder of the rehearsal: no crontab, unit or process of this machine', async () => {
		await using place = await temporaryFolder();
		const folder = path.join(place.folder, 'a drill');

		const {maintenance, named, programs} = await tracedAudit(folder);

		expect(maintenance.files.map(({path: file}) => file)).toContain('/etc/cron.d/registry');
		// The trace has seen it at work.
		expect(named).toContain(path.join(folder, 'world/vm/etc/cron.d/registry'));
		expect(programs).toContain('grep');
		// Whether another user could put a program there is asked of each folder of PATH, and of those above it.
		const ofPath = [
			path.join(folder, 'world/bin'),
			'/usr/local/sbin',
			'/usr/local/bin',
			'/usr/sbin',
			'/usr/bin',
			'/sbin',
			'/bin',
		].flatMap(withAbove);
		const others = named.filter(name => !isOurs(name, folder) && !ofPath.includes(name));
		expect(others.filter(name => !ofPrograms.some(each => each.test(name)))).toEqual([]);
		// `id` only tells the number of the user.
		expect(programs.filter(name => tellers.test(name) && name !== 'id')).toEqual([]);
	});
});

/** The pretend host runs its commands in the first `sh` on its PATH: here one that writes down every file that is named. */
async function tracedAudit(folder: string): Promise<{maintenance: Maintenance; named: string[]; programs: string[]}> {
	const {world, setup} = await openDrill(
		{folder, scenario: 'orphan-index', seed: 1, speed: 20},
		{processes, redaction: createRedaction(), signal},
	);
	const {ports, close} = openPorts(parseReference(world.image), setup);
	const trace = path.join(folder, 'trace');
	const shell = path.join(folder, 'world/bin/sh');

	try {
		await writeFile(
			shell,
			`#!/bin/sh
[ -n "$TRACED" ] && exec /bin/sh "$@"
TRACED=yes exec '${locate('strace')}' -ff -qq -s 4096 -o '${trace}' -e trace=%file /bin/sh "$@"
`,
		);
		await chmod(shell, 0o755);
		const maintenance = await ports.storage!.maintenance({signal});

		const files = (await readdir(folder)).filter(name => name.startsWith('trace.'));
		const texts = await Promise.all(files.map(name => readFile(path.join(folder, name), 'utf8')));
		const calls = [...texts.join('\n').matchAll(/^(\w+)\([^"\n]*"([^"\n]*)"/gm)];
		return {
			maintenance,
			named: [...new Set(calls.map(([, , name = '']) => name))],
			programs: calls.flatMap(([, call, name = '']) => (call === 'execve' ? [path.basename(name)] : [])),
		};
	} finally {
		await close();
		await world.close();
	}
}

/** Below the folder, or from within it on. */
function isOurs(name: string, folder: string): boolean {
	return name.startsWith(`${folder}/`) || !/^\/|(?:^|\/)\.\.(?:\/|$)/.test(name);
}

function withAbove(folder: string): string[] {
	return folder === '/' ? ['/'] : [folder, ...withAbove(path.dirname(folder))];
}
