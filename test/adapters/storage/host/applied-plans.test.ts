import {chmod, mkdir, readdir, readFile, stat, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {createLocalShell} from '../../../../src/adapters/ssh/local.ts';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import {canBeShutOut, pretendHost} from '../../../support/hosts.ts';
import {createNonces} from '../../../support/nonces.ts';
import {processes} from '../../../support/processes.ts';
import {createTempFolder} from '../../../support/temp-folder.ts';

const {signal} = new AbortController();
const id = '2026-04-19-0a1b2c3d';

async function newStore() {
	const root = path.join(await createTempFolder(), 'a store');
	await mkdir(path.join(root, 'docker/registry/v2/repositories'), {recursive: true});
	const open = (at = root) => createStorage({shell: createLocalShell({processes, nonce: createNonces()}), root: at});
	return {root, storage: open(), open};
}

it('a plan is marked as applied once, beside docker/, and everybody reads by whom; its name follows no link', async () => {
	const {root, storage, open} = await newStore();

	expect(await storage.applied(id, {signal})).toBeUndefined();
	expect(await readdir(root)).toEqual(['docker']);
	expect(await storage.markApplied({id, note: 'anna on vm,\nincident one'}, {signal})).toBeUndefined();
	// By another path of the same store.
	const other = open(path.join(root, 'docker/registry/v2'));
	expect(await other.markApplied({id, note: 'ben'}, {signal})).toBe('anna on vm, incident one');
	expect(await other.applied(id, {signal})).toBe('anna on vm, incident one');
	expect(await other.markApplied({id: 'other', note: 'ben'}, {signal})).toBeUndefined();
	expect((await stat(path.join(root, 'regmedic-applied'))).mode & 0o7777).toBe(0o1777);

	await writeFile(path.join(root, 'secret'), 'of another user');
	await symlink('../secret', path.join(root, 'regmedic-applied/linked'));
	expect(await storage.markApplied({id: 'linked', note: 'ben'}, {signal})).toBe('somebody');
	expect(await readFile(path.join(root, 'secret'), 'utf8')).toBe('of another user');
});

it.runIf(canBeShutOut)(
	'another user of the host reads who applied a plan, marks others, and cannot take a mark away',
	async () => {
		const {root, storage} = await newStore();
		await chmod(path.dirname(root), 0o755);
		await storage.markApplied({id, note: 'root'}, {signal});
		const shell = await pretendHost('gnu', path.join(path.dirname(root), 'host'), {asOrdinaryUser: true});
		const theirs = createStorage({shell, root});

		expect(await theirs.applied(id, {signal})).toBe('root');
		expect(await theirs.markApplied({id, note: 'ben'}, {signal})).toBe('root');
		expect(await theirs.markApplied({id: 'other', note: 'ben'}, {signal})).toBeUndefined();
		expect(await storage.markApplied({id: 'other', note: 'root'}, {signal})).toBe('ben');
		const input = `${path.join(root, 'regmedic-applied', id)}\n`;
		await shell.run({kind: 'read', script: 'read -r file; rm -f "$file"', input, timeoutMs: 5_000}, {signal});
		expect(await storage.applied(id, {signal})).toBe(process.getuid?.() === 0 ? 'root' : undefined);
	},
);

it('of twenty who mark a plan at the same moment, one is the first', async () => {
	const {open} = await newStore();

	const marks = await Promise.all(
		Array.from({length: 20}, (_, n) => open().markApplied({id, note: `racer ${n}`}, {signal})),
	);

	const first = marks.findIndex(mark => mark === undefined);
	expect(marks.filter(mark => mark === undefined)).toHaveLength(1);
	expect(await open().applied(id, {signal})).toBe(`racer ${first}`);
});

it('where the mark cannot be made, the plan is refused with the command that helps', async () => {
	const {root, storage} = await newStore();
	await writeFile(path.join(root, 'regmedic-applied'), '');

	const refusal = {code: 'storage.not-marked', exit: 'refused', hint: expect.stringContaining('mkdir -m 1777')};
	await expect(storage.markApplied({id, note: 'anna'}, {signal})).rejects.toMatchObject(refusal);
	// Also before anything is planned.
	await expect(storage.applied(id, {signal})).rejects.toMatchObject(refusal);
});

it.each(['', '..', '../x', 'a/b', 'a\nb', 'x'.repeat(101)])('%j is no name of a plan', async name => {
	const {storage} = await newStore();

	await expect(storage.applied(name, {signal})).rejects.toThrow('is no id of a plan');
});
