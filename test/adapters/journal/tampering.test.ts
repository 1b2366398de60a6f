import {execFileSync} from 'node:child_process';
import {appendFile, cp, link, mkdir, readFile, rename, rm, symlink, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createJournal, openJournal} from '../../../src/adapters/journal/journal.ts';
import {verifyRecord} from '../../../src/adapters/journal/verify-record.ts';
import {processes} from '../../support/processes.ts';
import {temporaryFolder} from '../../support/real.ts';
import {isSweep} from '../../support/sweep.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const stamp = () => ({at: '2026-04-19T03:14:00.000Z', mono: 1, actor: 'ada'});
const note = (text: string) => ({...stamp(), type: 'note.added' as const, text});
const log = '0000-build-1.log';
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let sealed: string;
let open: string;

/** An incident with two evidence files, sealed or not. */
async function record(isSealed: boolean): Promise<string> {
	const folder = path.join(temporary.folder, isSealed ? 'sealed' : 'open');
	const journal = await createJournal({folder, actor: 'ada', processes, stamp});
	const step = {step: 'build', attempt: 1};
	for (const name of ['build-1.log', 'build-2.log']) {
		const evidence = [await journal.keep(name, `the log of ${name}\n`)];
		const ended = {type: 'effect.finished' as const, outcome: 'pushed', output: {}, say: 'It was built.'};
		await journal.append({...stamp(), ...step, ...ended, evidence});
	}

	await journal.append(note('one'));
	await journal.append(note('two'));
	if (isSealed) {
		await journal.seal();
	}

	await journal.close();
	return folder;
}

beforeAll(async () => {
	temporary = await temporaryFolder();
	sealed = await record(true);
	open = await record(false);
});

afterAll(() => temporary[Symbol.asyncDispose]());

/** `found`: it is an error, a problem or a torn tail. `harmless`: the whole record is as it was. `not seen`: neither. */
async function tamper(
	folder: string,
	change: (copy: string) => Promise<unknown>,
): Promise<'found' | 'harmless' | 'not seen'> {
	const copy = path.join(await createTempFolder(), 'copy');
	await cp(folder, copy, {recursive: true});
	const before = await verifyRecord(copy);
	await change(copy);
	const after = await verifyRecord(copy).catch(error => {
		expect(error.code).toMatch(/^journal\.(broken|empty|missing)$/);
	});
	if (after === undefined || after.problems.length > 0 || after.torn !== undefined) {
		return 'found';
	}

	return JSON.stringify([after.events, after.sealed]) === JSON.stringify([before.events, before.sealed])
		? 'harmless'
		: 'not seen';
}

type Edit = [name: string, edit: (bytes: Buffer, at: number) => Buffer];

const edits: Edit[] = [
	[
		'flipped',
		(bytes, at) => Buffer.concat([bytes.subarray(0, at), Buffer.from([bytes[at]! ^ 1]), bytes.subarray(at + 1)]),
	],
	['removed', (bytes, at) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])],
	['added', (bytes, at) => Buffer.concat([bytes.subarray(0, at), Buffer.from('x'), bytes.subarray(at)])],
];

/** Every byte of the last three lines in a sweep, otherwise every 23rd, and all of the last few. */
function placesIn(bytes: Buffer): number[] {
	let start = bytes.length - 1;
	for (let lines = 0; lines < 3; lines++) {
		start = bytes.lastIndexOf(0x0a, start - 1);
	}

	const all = Array.from({length: bytes.length - start - 1}, (_, at) => start + 1 + at);
	return isSweep ? all : all.filter(at => at % 23 === 0 || at > bytes.length - 4);
}

test.each(['sealed', 'open'] as const)(
	'no byte of the last three lines can be changed unseen: %s',
	{timeout: 600_000},
	async kind => {
		const folder = kind === 'sealed' ? sealed : open;
		const file = path.join(folder, 'events.jsonl');
		const bytes = await readFile(file);
		const counts: Record<string, number> = {};
		for (const [name, edit] of edits) {
			for (const at of placesIn(bytes)) {
				const seen = await tamper(folder, copy => writeFile(path.join(copy, 'events.jsonl'), edit(bytes, at)));
				counts[`${name}: ${seen}`] = (counts[`${name}: ${seen}`] ?? 0) + 1;
			}
		}

		// Without its last newline a seal is still proven by its hash.
		expect(Object.keys(counts).filter(name => !name.endsWith(': found'))).toEqual(
			kind === 'sealed' ? ['removed: harmless'] : [],
		);
		expect(counts['removed: harmless'] ?? 0).toBe(kind === 'sealed' ? 1 : 0);
		process.stdout.write(`${kind}: ${JSON.stringify(counts)}\n`);
	},
);

const evidence = (copy: string) => path.join(copy, 'evidence', log);

test.each<[what: string, change: (copy: string) => Promise<unknown>, seen: 'found' | 'harmless']>([
	['a byte of an evidence file', copy => writeFile(evidence(copy), 'the log of build-1.loG\n'), 'found'],
	['an evidence file, cut', copy => truncate(evidence(copy), 3), 'found'],
	['an evidence file, longer', copy => appendFile(evidence(copy), 'x'), 'found'],
	['an evidence file, removed', copy => rm(evidence(copy)), 'found'],
	['all evidence, removed', copy => rm(path.dirname(evidence(copy)), {recursive: true}), 'found'],
	[
		'an evidence file, moved and linked to',
		async copy => {
			await rename(evidence(copy), path.join(copy, 'moved'));
			await symlink('../moved', evidence(copy));
		},
		'found',
	],
	['an evidence file with a second name', copy => link(evidence(copy), path.join(copy, 'other')), 'found'],
	[
		'a pipe in the place of an evidence file',
		async copy => {
			await rm(evidence(copy));
			execFileSync('mkfifo', [evidence(copy)]);
		},
		'found',
	],
	[
		'a folder in the place of an evidence file',
		async copy => {
			await rm(evidence(copy));
			await mkdir(evidence(copy));
		},
		'found',
	],
	...(['evidence', 'events.jsonl'] as const).map<[string, (copy: string) => Promise<unknown>, 'found']>(name => [
		`${name}, moved and linked to`,
		async copy => {
			await rename(path.join(copy, name), `${copy}-${name}`);
			await symlink(`${copy}-${name}`, path.join(copy, name));
		},
		'found',
	]),
	['the events with a second name', copy => link(path.join(copy, 'events.jsonl'), `${copy}-events`), 'found'],
	['a file more in the evidence', copy => writeFile(path.join(copy, 'evidence/more.log'), ''), 'found'],
	['a byte after the seal', copy => appendFile(path.join(copy, 'events.jsonl'), 'x'), 'found'],
	['a newline after the seal', copy => appendFile(path.join(copy, 'events.jsonl'), '\n'), 'found'],
	[
		'the beginning of an event after the seal',
		copy => appendFile(path.join(copy, 'events.jsonl'), '{"seq":5,"at":"2026'),
		'found',
	],
	['an empty journal', copy => writeFile(path.join(copy, 'events.jsonl'), ''), 'found'],
	['a lock of nonsense', copy => writeFile(path.join(copy, 'lock'), '\0{"pid":1'), 'harmless'],
	['a lock that is a link', copy => symlink('/nowhere', path.join(copy, 'lock')), 'harmless'],
])('%s is noticed, unless it proves the same', async (_, change, seen) => {
	expect(await tamper(sealed, change)).toBe(seen);
});

test('a byte after the seal keeps the incident closed: it cannot be resumed', async () => {
	const copy = path.join(await createTempFolder(), 'copy');
	await cp(sealed, copy, {recursive: true});
	await appendFile(path.join(copy, 'events.jsonl'), 'x');

	await expect(openJournal({folder: copy, actor: 'eve', processes, stamp})).rejects.toMatchObject({
		code: 'journal.broken',
		message: expect.stringContaining('it comes after the seal'),
	});
});

test('evidence that a crash kept from being recorded is set aside when the incident goes on', async () => {
	const copy = path.join(await createTempFolder(), 'copy');
	await cp(open, copy, {recursive: true});
	await writeFile(path.join(copy, 'evidence/0004-verify-1.log'), 'left');

	const journal = await openJournal({folder: copy, actor: 'ada', processes, stamp});
	await journal.close();

	expect((await verifyRecord(copy)).problems).toEqual([]);
});
