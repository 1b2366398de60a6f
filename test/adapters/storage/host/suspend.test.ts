import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, expect, test} from 'vitest';
import {createLocalShell} from '../../../../src/adapters/ssh/local.ts';
import {suspendOnHost} from '../../../../src/adapters/storage/host/suspend.ts';
import {createNonces} from '../../../support/nonces.ts';
import {processes} from '../../../support/processes.ts';
import {createTempFolder} from '../../../support/temp-folder.ts';

const signal = AbortSignal.timeout(60_000);
let folder: string;

/** Stand-ins for the programs, which keep the words they were started with. */
beforeEach(async () => {
	folder = await createTempFolder();
	await mkdir(path.join(folder, 'bin'));
	for (const name of ['systemctl', 'docker', 'podman']) {
		const file = path.join(folder, 'bin', name);
		await writeFile(
			file,
			`#!/bin/sh\nprintf '%s|' ${name} "$@" >>'${folder}/ran'\necho said\necho refused >&2\ncase $* in *denied*) exit 4 ;; esac\n`,
		);
		await chmod(file, 0o755);
	}
});

const suspend = (suspension: Parameters<typeof suspendOnHost>[0]) => {
	const environment = {PATH: `${folder}/bin:${process.env.PATH}`};
	return suspendOnHost(suspension, {shell: createLocalShell({processes, nonce: createNonces(), environment}), signal});
};

test.each([
	[{program: 'systemctl', name: 'gc@private.timer'}, 'systemctl|stop|gc@private.timer|'],
	[{program: 'systemctl', name: 'gc.timer', isUser: true}, 'systemctl|--user|stop|gc.timer|'],
	[{program: 'docker', name: 'registry-gc'}, 'docker|stop|registry-gc|'],
	[{program: 'podman', name: 'registry-gc'}, 'podman|stop|registry-gc|'],
] as const)('%o runs that command once, and no other', async (suspension, ran) => {
	expect(await suspend({kind: 'command', ...suspension})).toEqual({exitCode: 0, output: 'said\nrefused\n'});
	expect(await readFile(path.join(folder, 'ran'), 'utf8')).toBe(ran);
});

test('what the command says of its failure is kept', async () => {
	expect(await suspend({kind: 'command', program: 'systemctl', name: 'denied.timer'})).toEqual({
		exitCode: 4,
		output: 'said\nrefused\n',
	});
});
