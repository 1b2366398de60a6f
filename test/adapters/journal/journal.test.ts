import {execFileSync} from 'node:child_process';
import {appendFile, chmod, copyFile, mkdir, readdir, readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {type RecordedEvent, readJournal, writeLine} from '../../../src/adapters/journal/events-file.ts';
import {listIncidents} from '../../../src/adapters/journal/incident-folders.ts';
import {createJournal, openJournal} from '../../../src/adapters/journal/journal.ts';
import type {JournalEvent} from '../../../src/domain/incident/event.ts';
import {fold} from '../../../src/domain/machine/machine.ts';
import {processes} from '../../support/processes.ts';
import {tries} from '../../support/sweep.ts';
import {createTempFolder} from '../../support/temp-folder.ts';
import {toldToProof} from '../../support/told-incident.ts';

const stamp = () => ({at: new Date().toISOString(), mono: 1, actor: 'ada'});
const note = (text: string): JournalEvent => ({...stamp(), type: 'note.added', text});
const bare = (events: readonly JournalEvent[]) =>
	events.map(event => {
		const {seq: _, prev: __, hash: ___, ...rest} = event as JournalEvent & {seq: number; prev: string; hash: string};
		return rest;
	});

async function writtenJournal(events: readonly JournalEvent[] = toldToProof().events): Promise<string> {
	const folder = path.join(await createTempFolder(), 'incident');
	const journal = await createJournal({folder, actor: 'ada', processes, stamp});
	for (const event of events) {
		await journal.append(event);
	}

	await journal.close();
	return folder;
}

test('appended events are read back and fold to the same incident', async () => {
	const {events, incident} = toldToProof();
	const folder = await writtenJournal(events);

	const journal = await openJournal({folder, actor: 'ada', processes, stamp});
	expect(bare(journal.events())).toEqual(JSON.parse(JSON.stringify(events)));
	expect(fold(journal.events())).toEqual(incident);
	await journal.close();
});

test('folders are 0700 and files 0600, whatever the umask', async () => {
	const folder = await writtenJournal();
	const journal = await openJournal({folder, actor: 'ada', processes, stamp});
	const {file} = await journal.keep('check-1.log', 'seen');
	const modeOf = async (name: string) => ((await stat(path.join(folder, name))).mode & 0o777).toString(8);

	expect(await Promise.all(['.', 'evidence'].map(modeOf))).toEqual(['700', '700']);
	expect(await Promise.all(['events.jsonl', 'lock', file].map(modeOf))).toEqual(['600', '600', '600']);
	await journal.close();
});

test('control characters, bidi controls and half surrogates are read back unchanged, and are escaped in the file', async () => {
	const texts = [
		'\u001b[2Jgone',
		'a\u202Eb',
		'\u0000\u007f\u009b31m',
		'\ud800',
		'\u2028',
		'\u{E0041}',
		'ä⏎\n\t"\\',
		'🚒',
	];
	const folder = await writtenJournal(texts.map(note));

	const {events} = await readJournal(folder);
	expect(events.map(event => event.type === 'note.added' && event.text)).toEqual(texts);
	expect(await readFile(path.join(folder, 'events.jsonl'), 'utf8')).not.toMatch(
		/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/,
	);
});

test('any text is read back unchanged', async () => {
	const texts = fc
		.sample(fc.array(fc.nat(0x10ffff), {maxLength: 30}), tries(60))
		.map(points => String.fromCodePoint(...points));
	const folder = await writtenJournal(texts.map(note));

	const {events} = await readJournal(folder);
	expect(events.map(event => event.type === 'note.added' && event.text)).toEqual(texts);
});

test('a journal cut at any byte opens to an earlier state and reports the lost bytes', async () => {
	const folder = await writtenJournal([note('one'), note('two'), note('three')]);
	const whole = await readFile(path.join(folder, 'events.jsonl'));
	const all = (await readJournal(folder)).events;
	const cut = path.join(await createTempFolder(), 'cut');
	await mkdir(cut);

	for (let length = 0; length <= whole.length; length++) {
		await writeFile(path.join(cut, 'events.jsonl'), whole.subarray(0, length));
		const {events, torn, wholeBytes} = await readJournal(cut);

		expect(events).toEqual(all.slice(0, events.length));
		expect(wholeBytes + (torn?.bytes ?? 0)).toBe(length);
		expect(torn === undefined).toBe(whole[length - 1] === 0x0a || length === 0);
	}
});

test('a torn tail is kept in a file of its own, the loss is recorded, and the journal continues', async () => {
	const folder = await writtenJournal([note('one'), note('two')]);
	const file = path.join(folder, 'events.jsonl');
	const whole = await readFile(file);
	await writeFile(file, whole.subarray(0, -20));

	const journal = await openJournal({folder, actor: 'ada', processes, stamp});
	expect(journal.events()).toMatchObject([{text: 'one'}, {type: 'journal.recovered', lostBytes: expect.any(Number)}]);
	await journal.append(note('three'));
	await journal.close();

	const [aside] = (await readdir(folder)).filter(name => name.startsWith('events.torn-'));
	const torn = await readFile(path.join(folder, aside!), 'utf8');
	expect(JSON.parse(`${torn}"}`.replace(/,"hash.*$/, '}'))).toMatchObject({text: 'two'});
	expect((await stat(path.join(folder, aside!))).mode & 0o777).toBe(0o600);
	expect((await readJournal(folder)).events).toMatchObject([{}, {lostBytes: torn.length}, {text: 'three'}]);
});

test('every changed byte of the last line is noticed', async () => {
	const folder = await writtenJournal([note('one'), note('two')]);
	const file = path.join(folder, 'events.jsonl');
	const whole = await readFile(file);
	const start = whole.indexOf(0x0a) + 1;

	for (let at = start; at < whole.length; at++) {
		for (const bit of [1, 0x20]) {
			const damaged = Buffer.from(whole);
			damaged[at]! ^= bit;
			await writeFile(file, damaged);

			const read = await readJournal(folder).catch(error => error);
			expect(
				read.code === 'journal.broken' || (read.events.length === 1 && read.torn !== undefined),
				`byte ${at}`,
			).toBe(true);
		}
	}
});

test('damage in the middle is an error that names the line, and nothing is dropped', async () => {
	const folder = await writtenJournal([note('one'), note('two'), note('three')]);
	const file = path.join(folder, 'events.jsonl');
	const lines = (await readFile(file, 'utf8')).split('\n');
	const damages = [
		lines.with(1, lines[1]!.replace('two', 'tow')),
		lines.toSpliced(1, 1),
		lines.toSpliced(1, 0, lines[0]!),
		lines.with(1, 'nonsense'),
		lines.with(1, ''),
	];

	for (const damaged of damages) {
		await writeFile(file, damaged.join('\n'));

		await expect(openJournal({folder, actor: 'ada', processes, stamp})).rejects.toMatchObject({
			code: 'journal.broken',
			message: expect.stringMatching(/^Line 2 of /),
			exit: 'failed',
		});
		expect(await readFile(file, 'utf8')).toBe(damaged.join('\n'));
	}
});

test('a sealed journal records its count and head, and takes no more events', async () => {
	const folder = await writtenJournal([note('one')]);
	const journal = await openJournal({folder, actor: 'ada', processes, stamp});
	const {head} = await readJournal(folder);
	await journal.seal();

	await expect(journal.append(note('late'))).rejects.toMatchObject({code: 'journal.closed'});
	await journal.close();
	await expect(openJournal({folder, actor: 'ada', processes, stamp})).rejects.toMatchObject({code: 'journal.closed'});
	const read = await readJournal(folder);
	expect(read.sealed).toBe(true);
	expect(read.events.at(-1)).toMatchObject({type: 'journal.sealed', events: 1, head});
});

test('simultaneous appends are written in the order they were made', async () => {
	const folder = await writtenJournal([]);
	const journal = await openJournal({folder, actor: 'ada', processes, stamp});
	const texts = Array.from({length: 50}, (_, number) => `note ${number}`);

	await Promise.all(texts.map(text => journal.append(note(text))));
	await journal.close();
	expect((await readJournal(folder)).events.map(event => event.type === 'note.added' && event.text)).toEqual(texts);
});

test('evidence is kept with its digest, under a name without folders, and is never overwritten', async () => {
	const folder = await writtenJournal();
	const journal = await openJournal({folder, actor: 'ada', processes, stamp});
	const first = await journal.keep('../../etc/pass wd', 'seen');
	const second = await journal.keep('../../etc/pass wd', 'seen again');
	await journal.close();

	expect(first).toMatchObject({bytes: 4, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/)});
	expect(first.file).toMatch(/^evidence\/\d{4}-[\w.-]+$/);
	expect(second.file).not.toBe(first.file);
	expect(await readFile(path.join(folder, first.file), 'utf8')).toBe('seen');
});

test('a missing folder and a taken folder have errors of their own', async () => {
	const folder = await writtenJournal();

	await expect(openJournal({folder: `${folder}-not`, actor: 'ada', processes, stamp})).rejects.toMatchObject({
		code: 'journal.missing',
	});
	await expect(createJournal({folder, actor: 'ada', processes, stamp})).rejects.toMatchObject({
		code: 'journal.unwritable',
	});
	expect(await readdir(folder)).not.toContain('lock');
});

test('a state folder that is a file cannot be written', async () => {
	const folder = await createTempFolder();
	await writeFile(path.join(folder, 'state'), '');

	await expect(
		createJournal({folder: path.join(folder, 'state/incidents/a'), actor: 'ada', processes, stamp}),
	).rejects.toMatchObject({
		code: 'journal.unwritable',
		hint: expect.stringContaining('XDG_STATE_HOME'),
	});
});

test('a pipe in place of a journal is refused at once', async () => {
	const state = await createTempFolder();
	const folder = path.join(state, 'incidents/2026-04-19-piped');
	await mkdir(folder, {recursive: true});
	execFileSync('mkfifo', [path.join(folder, 'events.jsonl')]);

	await expect(readJournal(folder)).rejects.toMatchObject({
		code: 'journal.missing',
		message: expect.stringContaining('it is not a regular file'),
	});
	expect(await listIncidents(state)).toMatchObject([{name: '2026-04-19-piped', opened: ''}]);
});

test('reading does not change a byte', async () => {
	const folder = await writtenJournal([note('one')]);
	const copy = path.join(await createTempFolder(), 'events.jsonl');
	await copyFile(path.join(folder, 'events.jsonl'), copy);
	await chmod(path.join(folder, 'events.jsonl'), 0o400);

	await readJournal(folder);
	expect(await readFile(path.join(folder, 'events.jsonl'))).toEqual(await readFile(copy));
});

test('when another process has written a line, no other line is added after it, and the chain stays whole', async () => {
	const folder = await writtenJournal();
	const late = await openJournal({folder, actor: 'ada', processes, stamp});
	const next = await openJournal({folder, actor: 'bob', processes, stamp, takeOver: true});

	// What a stalled disk had still to write when the incident was taken over.
	const {line} = writeLine(note('late'), late.events().length, (late.events().at(-1) as RecordedEvent).hash);
	await appendFile(path.join(folder, 'events.jsonl'), `${line}\n`);

	await expect(next.append(note('next'))).rejects.toMatchObject({code: 'incident.taken-over'});
	expect((await readJournal(folder)).events.at(-1)).toMatchObject({text: 'late'});
	await next.close();
	await late.close();
});
