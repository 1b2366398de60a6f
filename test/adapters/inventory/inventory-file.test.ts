import {execFileSync} from 'node:child_process';
import {chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {checkInventory, keepSightings, openInventory} from '../../../src/adapters/inventory/inventory-file.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {namedBy} from '../../../src/domain/inventory/history.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const registry = '127.0.0.1:5055';
const header = `{"schema":"regmedic.inventory/1","registry":"${registry}"}\n`;
const digestOf = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}` as Digest;
const sightingOf = (n: number, seen = '2026-04-19T02:00:00Z') => ({
	repository: 'infra-ci',
	tag: `${n}`,
	digest: digestOf(n),
	seen,
});
const openFolder = async () => {
	const folder = await createTempFolder();
	return {folder, inFolder: (name: string) => path.join(folder, name)};
};
const keep = (file: string, ...numbers: number[]) =>
	keepSightings(file, {registry, sightings: numbers.map(n => sightingOf(n)), signal: new AbortController().signal});

describe('the file of an inventory', () => {
	it('is made by the first run, readable by its user only, and read again', async () => {
		const {folder, inFolder} = await openFolder();
		const file = inFolder('inventory.jsonl');
		const inventory = openInventory(file);

		expect(await inventory.read()).toBeUndefined();
		await keep(file, 1);

		expect((await stat(file)).mode & 0o777).toBe(0o600);
		expect(namedBy((await inventory.read())!.inventory, 'infra-ci', '1')).toMatchObject([{digest: digestOf(1)}]);
		expect(await readdir(folder)).toEqual(['inventory.jsonl']);
	});

	it('keeps the mode that a person gave it, and stays where a link points', async () => {
		const {inFolder} = await openFolder();
		const [file, link] = [inFolder('inventory.jsonl'), inFolder('link.jsonl')];
		await keep(file, 1);
		await chmod(file, 0o640);
		await symlink(file, link);

		await keep(link, 2);

		expect((await stat(file)).mode & 0o777).toBe(0o640);
		expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(4);
	});

	it('may be empty at first', async () => {
		const {inFolder} = await openFolder();
		const file = inFolder('inventory.jsonl');
		await writeFile(file, '');

		await checkInventory(file, registry);
		expect(await openInventory(file).read()).toBeUndefined();
		await keep(file, 1);

		expect(await readFile(file, 'utf8')).toContain('"tag":"1"');
	});

	it('holds what every one of many runs at once saw', async () => {
		const {folder, inFolder} = await openFolder();
		const file = inFolder('inventory.jsonl');
		const numbers = Array.from({length: 12}, (_, n) => n);

		await Promise.all(numbers.map(n => keep(file, n)));

		const {inventory} = (await openInventory(file).read())!;
		expect([...inventory.repositories.get('infra-ci')!.keys()].map(Number).toSorted((a, b) => a - b)).toEqual(numbers);
		expect(await readdir(folder)).toEqual(['inventory.jsonl']);
	});

	it('is written although a probe was killed while it held the lock', async () => {
		const {folder, inFolder} = await openFolder();
		const file = inFolder('inventory.jsonl');
		await writeFile(`${file}.lock`, 'another');
		await utimes(`${file}.lock`, 0, 0);

		await Promise.all([keep(file, 1), keep(file, 2), keep(file, 3)]);

		expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(4);
		expect(await readdir(folder)).toEqual(['inventory.jsonl']);
	});

	it('waits for a probe that is writing it, and a person can stop that', async () => {
		const {inFolder} = await openFolder();
		const file = inFolder('inventory.jsonl');
		await writeFile(`${file}.lock`, 'another');
		const stop = new AbortController();

		const kept = keepSightings(file, {registry, sightings: [sightingOf(1)], signal: stop.signal});
		stop.abort();

		await expect(kept).rejects.toThrow(expect.objectContaining({name: 'AbortError'}));
		expect(await readFile(`${file}.lock`, 'utf8')).toBe('another');
	});

	it('that is damaged is left as it is, and the last line that was cut off is left out', async () => {
		const {inFolder} = await openFolder();
		const file = inFolder('inventory.jsonl');
		await writeFile(file, `${header}{"repository":"infra-ci"}\n`);
		await expect(keep(file, 1)).rejects.toThrow(expect.objectContaining({code: 'inventory.invalid'}));
		expect(await readFile(file, 'utf8')).toBe(`${header}{"repository":"infra-ci"}\n`);

		await writeFile(file, `${header}{"repository":"infra-c`);
		expect(await openInventory(file).read()).toMatchObject({isTorn: true});
		await keep(file, 1);
		expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(3);
	});

	it.each([
		['of another registry', '{"schema":"regmedic.inventory/1","registry":"other:5000"}\n', 'inventory.other-registry'],
		['that is none', 'root:x:0:0', 'inventory.invalid'],
	])('a file %s is refused before the run and after it', async (_, text, code) => {
		const {inFolder} = await openFolder();
		const file = inFolder('inventory.jsonl');
		await writeFile(file, text);

		await expect(checkInventory(file, registry)).rejects.toThrow(expect.objectContaining({code}));
		await expect(keep(file, 1)).rejects.toThrow(expect.objectContaining({code}));
		expect(await readFile(file, 'utf8')).toBe(text);
	});

	it('is refused where it is a pipe, a folder or below a folder that is not there', async () => {
		const {inFolder} = await openFolder();
		const [pipe, folder] = [inFolder('pipe'), inFolder('folder')];
		execFileSync('mkfifo', [pipe]);
		await mkdir(folder);

		for (const each of [pipe, folder]) {
			await expect(openInventory(each).read()).rejects.toThrow(expect.objectContaining({code: 'inventory.unreadable'}));
			await expect(checkInventory(each, registry)).rejects.toThrow(
				expect.objectContaining({code: 'inventory.unreadable'}),
			);
			await expect(keep(each, 1)).rejects.toThrow(expect.objectContaining({code: 'inventory.unreadable'}));
		}

		await expect(keep(inFolder('none/inventory.jsonl'), 1)).rejects.toThrow(
			expect.objectContaining({code: 'inventory.unwritable', message: expect.stringContaining('ENOENT')}),
		);
	});
});
