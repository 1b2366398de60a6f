import {spawnSync} from 'node:child_process';
import {chmod, chown, mkdir, realpath, symlink} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it} from 'vitest';
import {safePath} from '../../../src/adapters/ssh/safe-path.ts';
import {locate} from '../../support/real.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
const shells = [['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(([name]) => locate(name!) !== undefined);

let folder: string;

beforeEach(async () => {
	folder = await realpath(await createTempFolder());
});

async function make(name: string, {mode = 0o755, owner}: {mode?: number; owner?: number} = {}): Promise<string> {
	const made = path.join(folder, name);
	await mkdir(made, {recursive: true});
	await chmod(made, mode);
	if (owner !== undefined) {
		await chown(made, owner, owner);
	}

	return made;
}

describe.each(shells)('under %s', (...shell) => {
	function pathAfter(...entries: string[]): string[] {
		const [program, ...args] = shell;
		const {stdout, stderr} = spawnSync(locate(program!)!, [...args, '-c', `${safePath}echo "$PATH"`], {
			cwd: folder,
			stdio: ['ignore', 'pipe', 'pipe'],
			encoding: 'utf8',
			env: {PATH: entries.join(':'), TIME_STYLE: 'full-iso', QUOTING_STYLE: 'c'},
		});
		expect(stderr).toBe('');
		return stdout.trim().split(':');
	}

	it('programs come only from folders that nobody else can change, in the order of the login’s PATH', async () => {
		const [own, spaced] = [await make('own'), await make('with  two spaces')];
		const open = await make('open', {mode: 0o777});
		const sticky = await make('sticky', {mode: 0o1777});
		const group = await make('group', {mode: 0o775});
		if (isRoot) {
			await chown(group, 0, 100);
		}

		const below = await make('open/below');
		const belowSticky = await make('sticky/below');
		await symlink(open, path.join(folder, 'to-open'));
		await symlink(own, path.join(folder, 'open/to-own'));

		expect(
			pathAfter(
				...['.', '', 'own', open, sticky, below, path.join(folder, 'to-open'), '/nowhere', spaced, belowSticky],
				...[path.join(folder, 'open/to-own'), ...(isRoot ? [group] : []), '/usr/bin'],
			),
		).toEqual([spaced, belowSticky, own, '/usr/bin']);
	});

	it.runIf(isRoot)('a folder of another user, or below one, is not used', async () => {
		const eve = await make('eve', {owner: nobody});
		const below = await make('eve/root-made-this');

		expect(pathAfter(eve, below, '/usr/bin')).toEqual(['/usr/bin']);
	});

	it('where nothing is left, the system’s folders are used', async () => {
		const open = await make('open', {mode: 0o777});

		expect(pathAfter('.', open)).toEqual(expect.arrayContaining(['/usr/local/bin', '/usr/bin', '/bin']));
		expect(pathAfter()).toEqual(expect.arrayContaining(['/usr/bin']));
	});
});
