import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import type {Digest} from '../../../../src/domain/image/digest.ts';
import {blobData} from '../../../../src/domain/storage/listing/paths.ts';
import {canBeShutOut, pretendHost} from '../../../support/hosts.ts';
import {locate} from '../../../support/real.ts';
import {createTempFolder} from '../../../support/temp-folder.ts';

const {signal} = new AbortController();
const incident = '2026-04-19-registry-damage-calm-otter';
const bytes = Buffer.from('what the layer should be');
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;

/** Beside those that a scan uses. */
const writing = ['cksum', 'df', 'id', 'ln', 'mkdir', 'mv', 'rm', 'rmdir', 'sed', 'sha256sum', 'tr'];
const programs = Object.fromEntries(writing.map(name => [name, `exec ${locate('busybox')} ${name} "$@"`]));

async function newStore(
	kind: 'gnu' | 'busybox' = 'gnu',
	{asOrdinaryUser = false, more = {}}: {asOrdinaryUser?: boolean; more?: Record<string, string>} = {},
) {
	const folder = await createTempFolder();
	await chmod(folder, 0o755);
	const root = path.join(folder, 'a store');
	const layout = path.join(root, 'docker/registry/v2');
	await mkdir(path.join(layout, 'repositories'), {recursive: true});
	const data = path.join(layout, blobData(digest));
	await mkdir(path.dirname(data), {recursive: true});
	const shell = await pretendHost(kind, path.join(folder, 'host'), {
		asOrdinaryUser,
		programs: kind === 'busybox' ? programs : more,
	});
	const storage = createStorage({shell, root});
	const move = async () => {
		const lock = await storage.lock('ann@laptop 2026-04-19', {signal});
		try {
			return await storage.moveAside({digest, incident}, lock, {signal});
		} finally {
			await lock.release();
		}
	};
	const back = async () => {
		const lock = await storage.lock('ann@laptop', {signal});
		try {
			return await storage.putBack({digest, incident}, lock, {signal});
		} finally {
			await lock.release();
		}
	};
	return {root, data, storage, move, back, aside: path.join(root, 'regmedic-aside', incident)};
}

describe.each(['gnu', 'busybox'] as const)('on a %s host', kind => {
	it.each([
		['empty', Buffer.alloc(0)],
		['truncated', bytes.subarray(0, 5)],
		['corrupt', Buffer.from('what the layer should bf')],
	])('%s data is moved out of the way, beside docker/, and put back byte for byte: the same file', async (_, bad) => {
		const {data, storage, move, back, aside} = await newStore(kind);
		await writeFile(data, bad);
		const before = await stat(data);

		const moved = await move();

		const to = path.join(aside, blobData(digest));
		expect(moved).toEqual({state: 'moved', to});
		expect(existsSync(data)).toBe(false);
		expect(await readFile(to)).toEqual(bad);
		expect((await stat(aside)).mode & 0o777).toBe(0o700);
		expect(await storage.aside(incident, {signal})).toEqual([{digest, size: bad.length, isReplaced: false}]);

		expect(await back()).toBe('back');
		const after = await stat(data);
		expect([after.ino, after.mtimeMs, after.mode, after.uid]).toEqual([
			before.ino,
			before.mtimeMs,
			before.mode,
			before.uid,
		]);
		expect(await readFile(data)).toEqual(bad);
		expect(await storage.aside(incident, {signal})).toEqual([]);
	});

	it('whole data stays where it is, and so does what is gone or no file', async () => {
		const {root, data, move} = await newStore(kind);

		expect(await move()).toEqual({state: 'gone'});
		await writeFile(data, bytes);
		expect(await move()).toEqual({state: 'whole'});
		expect(await readFile(data)).toEqual(bytes);
		await rm(data);
		await symlink('/etc/hostname', data);
		expect(await move()).toEqual({state: 'strange'});
		await rm(data);
		await mkdir(data);
		expect(await move()).toEqual({state: 'strange'});
		expect(await readdir(root)).toEqual(['docker']);
	});

	it('new data in its place stays; the old data stays aside', async () => {
		const {data, storage, move, back, aside} = await newStore(kind);
		await writeFile(data, '');
		await move();
		await writeFile(data, bytes);

		expect(await back()).toBe('taken');

		expect(await readFile(data)).toEqual(bytes);
		expect(await readFile(path.join(aside, blobData(digest)))).toEqual(Buffer.alloc(0));
		expect(await storage.aside(incident, {signal})).toEqual([{digest, size: 0, isReplaced: true}]);
	});

	it('what is bad again is moved beside what was moved before; the last one goes back first', async () => {
		const {data, move, back, aside} = await newStore(kind);
		for (const bad of ['first', 'second']) {
			await writeFile(data, bad);
			expect(await move()).toMatchObject({state: 'moved'});
		}

		const folder = path.dirname(path.join(aside, blobData(digest)));
		expect(await readFile(path.join(folder, 'data'), 'utf8')).toBe('first');
		expect(await readFile(path.join(`${folder}.2`, 'data'), 'utf8')).toBe('second');
		expect(await back()).toBe('back');
		expect(await readFile(data, 'utf8')).toBe('second');
		await rm(data);
		expect(await back()).toBe('back');
		expect(await readFile(data, 'utf8')).toBe('first');
		await rm(data);
		expect(await back()).toBe('gone');
	});
});

it('without the lock of the store, nothing is moved or put back', async () => {
	const {data, storage, move, back} = await newStore();
	await writeFile(data, 'bad');
	const lock = await storage.lock('ann', {signal});
	await lock.release();

	expect(await storage.moveAside({digest, incident}, lock, {signal})).toEqual({state: 'unlocked'});
	const other = await storage.lock('ben', {signal});
	expect(await storage.moveAside({digest, incident}, lock, {signal})).toEqual({state: 'unlocked'});
	expect(await readFile(data, 'utf8')).toBe('bad');
	await other.release();

	await move();
	expect(await storage.putBack({digest, incident}, lock, {signal})).toBe('unlocked');
	expect(existsSync(data)).toBe(false);
	expect(await back()).toBe('back');
});

it.each([
	['ends with an error, as of a failing disk', 'echo "$sum"; exit 1'],
	['differs from the next', 'echo "$$ -"'],
])('a read that %s proves nothing: the data stays', async (_, reads) => {
	const sha256sum = `sum=$(${locate('sha256sum')}); case $sum in ba7816bf*) echo "$sum" ;; *) ${reads} ;; esac`;
	const {root, data, move} = await newStore('gnu', {more: {sha256sum}});
	await writeFile(data, 'bad');

	expect(await move()).toEqual({state: 'unread'});
	expect(await readFile(data, 'utf8')).toBe('bad');
	expect(await readdir(root)).toEqual(['docker']);
});

it('the folder of another user, or a link in its place, is not used', async () => {
	const {root, data, move, aside} = await newStore();
	await writeFile(data, 'bad');
	await mkdir(path.join(root, 'regmedic-aside'));
	await symlink(path.join(root, 'docker'), aside);

	expect(await move()).toEqual({state: 'denied'});
	expect(await readFile(data, 'utf8')).toBe('bad');
	if (process.getuid?.() === 0) {
		await rm(aside);
		await mkdir(aside);
		spawnSync('chown', ['65534', aside]);
		expect(await move()).toEqual({state: 'denied'});
		expect(await readFile(data, 'utf8')).toBe('bad');
	}
});

it.runIf(canBeShutOut)(
	'data that cannot be read proves nothing, and stays; where the user may not move it, so it does',
	async () => {
		const {root, data, move} = await newStore('gnu', {asOrdinaryUser: true});
		await writeFile(data, 'bad', {mode: 0o600});

		expect(await move()).toEqual({state: 'unread'});
		await chmod(data, 0o644);
		expect(await move()).toEqual({state: 'denied'});
		expect(await readFile(data, 'utf8')).toBe('bad');
		expect(await readdir(root)).toEqual(['docker']);
	},
);
