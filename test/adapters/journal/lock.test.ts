import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {link, readdir, readFile, rename, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {createJournal, openJournal} from '../../../src/adapters/journal/journal.ts';
import {holderOf, lockFolder} from '../../../src/adapters/journal/lock.ts';
import {isAlive} from '../../../src/adapters/journal/lock-holder.ts';
import {exitCodes} from '../../../src/domain/errors.ts';
import {processes} from '../../support/processes.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const stamp = () => ({at: new Date().toISOString(), mono: 1, actor: 'ada'});
const writer = new URL('../../support/journal-writer.ts', import.meta.url).pathname;

const dead = {
	pid: 2 ** 22 + 1,
	began: '1',
	boot: 'before',
	host: hostname(),
	actor: 'bob',
	since: 'then',
	nonce: '00112233445566aa',
};

test('a second process is refused with exit 7; the error names the holder and what to do', async () => {
	const folder = await createTempFolder();
	const lock = await lockFolder(folder, {actor: 'ada', processes});

	const refused = await lockFolder(folder, {actor: 'bob', processes}).catch(error => error);
	expect(refused).toMatchObject({
		code: 'incident.locked',
		message: expect.stringMatching(new RegExp(`^ada is working on this incident \\(process ${process.pid} on `)),
		hint: expect.stringContaining('--take-over'),
	});
	expect(exitCodes[refused.exit as 'locked']).toBe(7);
	expect(isAlive((await holderOf(folder))!, processes)).toBe(true);

	await lock.release();
	await (await lockFolder(folder, {actor: 'bob', processes})).release();
	expect(await readdir(folder)).toEqual([]);
});

test.each([
	['of a dead process', JSON.stringify({...dead, boot: undefined})],
	['from before the machine was booted', JSON.stringify({...dead, pid: process.pid})],
	['of a process whose pid was given out again', JSON.stringify({...dead, pid: process.pid, began: '1'})],
	['that a power loss has emptied', ''],
	['that is not JSON', '{"pid":'],
	['that names a whole group of processes', JSON.stringify({...dead, pid: 0})],
])('a lock %s is ignored', async (_what, text) => {
	const folder = await createTempFolder();
	await writeFile(path.join(folder, 'lock'), text);

	const lock = await lockFolder(folder, {actor: 'ada', processes});
	expect(await lock.isHeld()).toBe(true);
	await lock.release();
	expect(await readdir(folder)).toEqual([]);
});

test('a lock of another machine counts as alive', async () => {
	const folder = await createTempFolder();
	await writeFile(path.join(folder, 'lock'), JSON.stringify({...dead, host: 'elsewhere'}));

	await expect(lockFolder(folder, {actor: 'ada', processes})).rejects.toMatchObject({
		code: 'incident.locked',
		message: expect.stringContaining('elsewhere'),
	});
});

test('when many race for a stale lock, exactly one gets it', async () => {
	for (let round = 0; round < 20; round++) {
		const folder = await createTempFolder();
		await writeFile(path.join(folder, 'lock'), JSON.stringify(dead));

		const racers = await Promise.allSettled(
			Array.from({length: 20}, () => lockFolder(folder, {actor: 'ada', processes})),
		);
		const winners = racers.filter(({status}) => status === 'fulfilled');
		expect(winners).toHaveLength(1);
		expect(racers.filter(racer => racer.status === 'rejected' && racer.reason.code !== 'incident.locked')).toEqual([]);
		expect((await readdir(folder)).filter(name => name !== 'lock')).toEqual([]);
	}
});

test('while the lock is released and taken again, two never hold it', async () => {
	const folder = await createTempFolder();
	let holders = 0;
	let most = 0;
	let taken = 0;

	await Promise.all(
		Array.from({length: 12}, async () => {
			for (let round = 0; round < 15; round++) {
				const lock = await lockFolder(folder, {actor: 'ada', processes}).catch(error => {
					expect(error.code).toBe('incident.locked');
				});
				if (lock) {
					taken++;
					most = Math.max(most, ++holders);
					await new Promise(resolve => setImmediate(resolve));
					expect(await lock.isHeld()).toBe(true);
					holders--;
					await lock.release();
				}
			}
		}),
	);
	expect(most).toBe(1);
	expect(taken).toBeGreaterThan(5);
});

test('while holders die and are ignored, two never hold the lock', async () => {
	const folder = await createTempFolder();
	let holders = 0;
	let most = 0;
	let deaths = 0;

	await Promise.all(
		Array.from({length: 12}, async () => {
			for (let round = 0; round < 25; round++) {
				const lock = await lockFolder(folder, {actor: 'ada', processes}).catch(error => {
					expect(error.code).toBe('incident.locked');
				});
				if (lock) {
					most = Math.max(most, ++holders);
					await new Promise(resolve => setImmediate(resolve));
					expect(await lock.isHeld()).toBe(true);
					holders--;
					// Dead from one moment to the next: the lock stays, and names a process that is not there.
					const body = path.join(folder, `body-${++deaths}`);
					await writeFile(body, JSON.stringify({...dead, nonce: String(deaths).padStart(16, '0')}));
					await rename(body, path.join(folder, 'lock'));
				}
			}
		}),
	);
	expect(most).toBe(1);
	expect(deaths).toBeGreaterThan(5);
});

test('when eight processes race for one incident, exactly one gets it', async () => {
	const folder = path.join(await createTempFolder(), 'incident');
	await (await createJournal({folder, actor: 'ada', processes, stamp})).close();
	await writeFile(path.join(folder, 'lock'), JSON.stringify(dead));

	const children = Array.from({length: 8}, () => start(folder, 'lock'));
	const words = await Promise.all(children.map(firstWord));
	expect(words.sort()).toEqual([...Array.from({length: 7}, () => 'incident.locked'), 'taken'].sort());
});

test('a process that died during a take-over or a release does not block the lock', async () => {
	const folder = await createTempFolder();
	await writeFile(path.join(folder, 'lock'), JSON.stringify(dead));
	await writeFile(path.join(folder, `lock.after-${dead.nonce}`), JSON.stringify({...dead, nonce: '00112233445566bb'}));
	await (await lockFolder(folder, {actor: 'ada', processes})).release();
	expect(await readdir(folder)).toEqual([]);

	await writeFile(path.join(folder, 'lock'), JSON.stringify(dead));
	await link(path.join(folder, 'lock'), path.join(folder, `lock.after-${dead.nonce}`));
	await (await lockFolder(folder, {actor: 'ada', processes})).release();
	expect(await readdir(folder)).toEqual([]);
});

test('after a take-over the earlier holder cannot append', async () => {
	const folder = path.join(await createTempFolder(), 'incident');
	const note = {...stamp(), type: 'note.added', text: 'x'} as const;
	const before = await createJournal({folder, actor: 'ada', processes, stamp});
	await before.append(note);
	const after = await openJournal({folder, actor: 'bob', processes, stamp, takeOver: true});

	await expect(before.append(note)).rejects.toMatchObject({code: 'incident.taken-over', exit: 'locked'});
	await after.append(note);
	await before.close();
	await after.append(note);
	expect((await readFile(path.join(folder, 'events.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(3);
	await after.close();
});

function start(folder: string, mode: string): ChildProcess {
	const child = spawn(process.execPath, [writer, folder, mode], {stdio: ['pipe', 'pipe', 'inherit']});
	onTestFinished(() => void child.kill('SIGKILL'));
	return child;
}

async function firstWord(child: ChildProcess): Promise<string> {
	const [chunk] = await once(child.stdout!, 'data');
	return String(chunk).trim();
}
