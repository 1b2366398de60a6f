import {chmod, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir, userInfo} from 'node:os';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import type {Shell} from '../../../../src/engine/ports/shell.ts';
import {locate} from '../../../support/real.ts';
import {localShell} from '../../builder/fake-host.ts';

const {signal} = new AbortController();
const nobody = '65534';

async function openRoot() {
	const folder = await mkdtemp(path.join(tmpdir(), 'regmedic root '));
	await chmod(folder, 0o755);
	const base = path.join(folder, 'docker/registry/v2');
	await mkdir(path.join(base, 'repositories/acme/app/_manifests/tags/v1/current'), {recursive: true});
	await mkdir(path.join(base, 'blobs'));
	return {folder, base, [Symbol.asyncDispose]: () => rm(folder, {recursive: true, force: true})};
}

/** Root may read everything: a test that runs as root logs in as somebody else. */
function shellOf(program: string): Shell {
	const shell = localShell('sh', {PATH: process.env.PATH});
	const user = userInfo().uid === 0 ? `setpriv --reuid=${nobody} --regid=${nobody} --clear-groups ` : '';
	return {
		...shell,
		run: (request, waiting) =>
			shell.run(
				{...request, script: `exec ${user}${program} -c '${request.script.replaceAll("'", `'\\''`)}' sh "$@"`},
				waiting,
			),
	};
}

describe.each(['dash', 'bash', 'busybox sh'])('under %s', program => {
	const isHere = locate(program.split(' ')[0]!) !== undefined && locate('setpriv') !== undefined;

	it.skipIf(!isHere)('what this user may not read is named, and what a scan never reads is not', async () => {
		await using root = await openRoot();
		const storage = createStorage({shell: shellOf(program), root: root.folder});

		expect(await storage.survey({signal})).toEqual({unreadable: [], isWhole: true});

		const repository = path.join(root.base, 'repositories/acme/app');
		await mkdir(path.join(repository, '_uploads'), {mode: 0o700});
		await chmod(path.join(repository, '_manifests/tags/v1'), 0o700);
		await writeFile(path.join(root.base, 'blobs/data'), '', {mode: 0o600});
		await symlink('/elsewhere', path.join(root.base, 'blobs/away'));
		const {unreadable, isWhole} = await storage.survey({signal});

		expect(unreadable.sort()).toEqual(['blobs/away', 'blobs/data', 'repositories/acme/app/_manifests/tags/v1']);
		expect(isWhole).toBe(true);
	});

	it.skipIf(!isHere)('a folder that is no store is refused', async () => {
		await using root = await openRoot();
		await rm(path.join(root.folder, 'docker'), {recursive: true});
		const storage = createStorage({shell: shellOf(program), root: root.folder});

		await expect(storage.survey({signal})).rejects.toMatchObject({code: 'storage.no-root'});
	});

	it.skipIf(!isHere)('a restart command whose program is not there, or not executable, would not start', async () => {
		await using root = await openRoot();
		await writeFile(path.join(root.folder, 'no.sh'), '', {mode: 0o644});
		await writeFile(path.join(root.folder, 'yes.sh'), `touch '${root.folder}/ran'`, {mode: 0o755});
		const obstacles = (restartCommand: string) =>
			createStorage({shell: shellOf(program), root: root.folder, restartCommand}).restartObstacles({signal});

		expect(await obstacles(`cd '${root.folder}' && ./yes.sh`)).toEqual([]);
		expect(await obstacles(`cd '${root.folder}' && ./no.sh`)).toEqual(['./no.sh is not there']);
		expect(await obstacles('cd /no/where && ./no.sh')).toEqual(['the folder /no/where cannot be entered']);
		expect(await obstacles('sudo-nowhere systemctl-nowhere restart')).toEqual(['sudo-nowhere is not there']);
	});
});
