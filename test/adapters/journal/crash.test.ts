import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {readJournal} from '../../../src/adapters/journal/events-file.ts';
import {openJournal} from '../../../src/adapters/journal/journal.ts';
import {processes} from '../../support/processes.ts';
import {tries} from '../../support/sweep.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const stamp = () => ({at: new Date().toISOString(), mono: 1, actor: 'ada'});
const writer = new URL('../../support/journal-writer.ts', import.meta.url).pathname;

test('after kills at any moment, a journal opens and holds every event that was reported as written', async () => {
	const folder = path.join(await createTempFolder(), 'incident');
	let written = 0;

	for (let life = 0; life < tries(10); life++) {
		const child = spawn(process.execPath, [writer, folder, life === 0 ? 'new' : 'open'], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		onTestFinished(() => void child.kill('SIGKILL'));
		const said = await listenUntil(child, 3 + (life % 7));
		written = Math.max(written, ...said);

		const {events} = await readJournal(folder);
		expect(events.length).toBeGreaterThanOrEqual(written);
	}

	const journal = await openJournal({folder, actor: 'ada', processes, stamp});
	await journal.append({...stamp(), type: 'note.added', text: 'whole'});
	await journal.close();
});

/** Kills it with no warning when it has said so many lines. */
async function listenUntil(child: ChildProcess, lines: number): Promise<number[]> {
	let text = '';
	child.stdout!.on('data', chunk => {
		text += chunk;
		if (text.split('\n').length > lines) {
			child.kill('SIGKILL');
		}
	});
	await once(child, 'close');
	return text.split('\n').slice(0, -1).map(Number);
}

test('on a full disk an event is written whole or not at all, and the error says so', async () => {
	const folder = path.join(await createTempFolder(), 'incident');
	spawnSync(process.execPath, [writer, folder, 'new', '5']);
	const before = await readFile(path.join(folder, 'events.jsonl'));
	// A limit on the size of files stops a write in its middle, as a full disk does. In blocks of 512 bytes.
	const limit = Math.ceil(before.length / 512) + 1;

	const full = spawnSync('sh', [
		'-c',
		`trap '' XFSZ; ulimit -f ${limit}; exec "$0" "$@"`,
		process.execPath,
		writer,
		folder,
		'open',
	]);
	expect(full.stdout.toString()).toMatch(/journal\.full\n$/);

	const {events, torn} = await readJournal(folder);
	expect(torn).toBeUndefined();
	expect(events.length).toBe(Number(full.stdout.toString().trim().split('\n').at(-2) ?? 5));
	expect((await readFile(path.join(folder, 'events.jsonl'))).subarray(0, before.length)).toEqual(before);
});

test('a disk without any space is an error before anything begins', async () => {
	const folder = path.join(await createTempFolder(), 'incident');
	const full = spawnSync(
		'sh',
		['-c', `trap '' XFSZ; ulimit -f 0; exec "$0" "$@"`, process.execPath, writer, folder, 'new'],
		{stdio: ['ignore', 'pipe', 'inherit']},
	);

	expect(full.stdout.toString()).toBe('journal.full\n');
});

test('zeros that a power loss leaves in the file are moved to a file of their own', async () => {
	const folder = path.join(await createTempFolder(), 'incident');
	spawnSync(process.execPath, [writer, folder, 'new', '3']);
	const file = path.join(folder, 'events.jsonl');
	await writeFile(file, Buffer.concat([await readFile(file), Buffer.alloc(4096)]));

	const journal = await openJournal({folder, actor: 'ada', processes, stamp});
	expect(journal.events().at(-1)).toMatchObject({type: 'journal.recovered', lostBytes: 4096});
	await journal.close();
});
