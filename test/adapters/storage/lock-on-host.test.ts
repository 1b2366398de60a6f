import {spawnSync} from 'node:child_process';
import {chownSync, existsSync} from 'node:fs';
import {mkdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {createLocalShell} from '../../../src/adapters/ssh/local.ts';
import {lockStore} from '../../../src/adapters/storage/lock.ts';
import {createNonces} from '../../support/nonces.ts';
import {processes} from '../../support/processes.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const signal = AbortSignal.timeout(20_000);
const shell = createLocalShell({processes, nonce: createNonces()});
const nobody = 65_534;

let folder: string;
let root: string;
let note: string;

beforeEach(async () => {
	folder = await createTempFolder();
	root = path.join(folder, 'data');
	const store = path.join(root, 'docker/registry/v2');
	await mkdir(path.join(store, 'repositories'), {recursive: true});
	const sum = spawnSync('sh', ['-c', 'cd "$1" && pwd -P | cksum | tr " " -', 'sh', store], {encoding: 'utf8'});
	note = `/tmp/regmedic-${sum.stdout.trim()}.lock`;
});

afterEach(async () => {
	await rm(note, {recursive: true, force: true});
});

const lock = (holder: string) => lockStore({shell, root, holder, signal});

it('one holds the store, the next is told who, and the release leaves nothing behind', async () => {
	const held = await lock('ann@laptop');

	await expect(lock('bob@desk')).rejects.toMatchObject({
		code: 'storage.locked',
		message: expect.stringContaining('ann@laptop is changing'),
	});
	await held.release();
	expect(existsSync(note)).toBe(false);
	await (await lock('bob@desk')).release();
});

it('another user’s link, file or folder in /tmp neither keeps the lock away nor leads a write anywhere', async () => {
	const target = path.join(folder, 'target');
	await writeFile(target, 'untouched\n');

	for (const make of [() => symlink(target, note), () => writeFile(note, 'eve\n'), () => mkdir(note)]) {
		await make();
		if (process.getuid?.() === 0 && !spawnSync('test', ['-L', note]).status) {
			spawnSync('chown', ['-h', `${nobody}`, note]);
		} else if (process.getuid?.() === 0) {
			chownSync(note, nobody, nobody);
		}

		const held = await lock('ann');
		await expect(lock('bob')).rejects.toMatchObject({code: 'storage.locked'});
		await held.release();
		await rm(note, {recursive: true, force: true});
	}

	expect(await readFile(target, 'utf8')).toBe('untouched\n');
});

it('the note of a holder that was killed names nobody', async () => {
	const held = await lock('ann');
	await rm(note, {force: true});
	await writeFile(note, 'carl, long gone\n');

	await expect(lock('bob')).rejects.toMatchObject({message: expect.stringContaining('Someone else is changing')});
	await held.release();
});
