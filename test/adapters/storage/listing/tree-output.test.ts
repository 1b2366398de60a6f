import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {openTreeReader} from '../../../../src/adapters/storage/listing/tree-output.ts';

const hex = 'a'.repeat(64);
const tag = 'repositories/acme/tool/_manifests/tags/latest';
const revision = `repositories/acme/tool/_manifests/revisions/sha256/${hex}`;
const layer = `repositories/acme/tool/_layers/sha256/${hex}`;
const blob = `blobs/sha256/aa/${hex}`;
const hostile = Buffer.from([0xff, 0x0a, 0x1b]).toString('latin1');

/** One record a line, each name below the one before it that is one less deep. */
const names = [
	'now 1700000000.5',
	'names',
	'd 2049 1700000000.1 0 .',
	...folders('repositories', 'acme', 'tool', '_manifests', 'tags', 'latest', 'current'),
	'f 71 1700000000.2 8 link',
	'd 2049 1700000000.1 5 revisions',
	'd 2049 1700000000.1 6 sha256',
	`d 2049 1700000000.1 7 ${hex}`,
	'f 71 1700000000.2 8 link',
	'd 2049 1700000000.1 4 _layers',
	'd 2049 1700000000.1 5 sha256',
	`d 2049 1700000000.1 6 ${hex}`,
	'f 71 1700000000.2 7 link',
	`f 3 1700000000.2 3 ${hostile}`,
	...folders('blobs', 'sha256', 'aa', hex),
	'f 12 1700000000.25 5 data',
	'd 99 1700000000.2 2 mounted',
	'end 0',
	'',
].join('\0');

const lines = (form: string, entry: (path: string, size: number) => string) =>
	`now 1700000000.5\0${form}\0${[
		entry('.', 0),
		entry(`./${tag}/current/link`, 71),
		entry(`./${revision}/link`, 71),
		entry(`./${layer}/link`, 71),
		'out',
		entry(`./${blob}/data`, 12),
	].join('\n')}\n\0end 0\0`;

const outputs = {
	names,
	stat: lines('stat', (path, size) => `${size === 0 ? '41ed' : '81a4'} 2049 ${size} 1700000000 ${path}`),
	ls: lines('ls', (path, size) => `${size === 0 ? 'drwxr-xr-x' : '-rw-r--r--'}  1 0 0  ${size} Nov 14 22:12 ${path}`),
};

function folders(...path: string[]): string[] {
	return path.map((name, depth) => `d 2049 1700000000.1 ${depth + 1} ${name}`);
}

function readIn(output: string, size: number) {
	const bytes = Buffer.from(output, 'latin1');
	const reader = openTreeReader();
	const push = reader.part();
	for (let at = 0; at < bytes.length; at += size) {
		push(bytes.subarray(at, at + size));
	}

	return reader.tree();
}

describe.each(['names', 'stat', 'ls'] as const)('a listing in the form of %s', form => {
	it('is read the same, however it is cut into chunks', () => {
		fc.assert(
			fc.property(fc.integer({min: 1, max: 80}), size => {
				const {ends, taken, leftOut, malformed, repositories, blobs, closed} = readIn(outputs[form], size);
				const {tags, revisions, layers} = repositories.get('acme/tool')!;

				expect({ends, taken, leftOut, malformed}).toEqual({ends: [0], taken: 1700000000.5, leftOut: 1, malformed: 0});
				expect(closed).toEqual(form === 'names' ? [{path: 'blobs/mounted', reason: 'is another file system'}] : []);
				expect([...tags].map(([name, {link}]) => [name, link?.size])).toEqual([['latest', 71]]);
				expect([...revisions.values(), ...layers.values(), ...blobs.values()].map(link => link.size)).toEqual([
					71, 71, 12,
				]);
			}),
		);
	});

	it('has no end, wherever it was cut', () => {
		for (let length = 0; length < outputs[form].length; length++) {
			expect(readIn(outputs[form].slice(0, length), length).ends).toEqual([undefined]);
		}
	});
});

it('times are as exact as the host prints them; of the minute that ls prints, the end counts', () => {
	const changedIn = (output: string) => [...readIn(output, output.length).blobs.values()][0]!.changed;

	expect(changedIn(outputs.names)).toBe(1700000000.25);
	expect(changedIn(outputs.stat)).toBe(1700000000);
	expect(changedIn(outputs.ls)).toBe(Date.UTC(2023, 10, 14, 22, 13) / 1000);
	expect(changedIn(outputs.ls.replaceAll('Nov 14 22:12', 'Dec 31 23:59'))).toBe(Date.UTC(2023, 0, 1) / 1000);
	expect(changedIn(outputs.ls.replaceAll('Nov 14 22:12', 'Feb  3  2020'))).toBe(Date.UTC(2020, 1, 4) / 1000);
});

it('a record that is no entry is counted, and never skipped silently', () => {
	const {malformed} = readIn(names.replace('f 12 1700000000.25 5 data', 'f twelve 1700000000.25 5 data'), 1000);

	expect(malformed).toBe(1);
});

it('two parts that come at once are read as one tree, which is as old as the first of them', () => {
	const reader = openTreeReader();
	const parts = [reader.part(), reader.part()];
	const from = (wanted: string, now: string, end: number) => {
		const records = names.split('\0');
		const of = {repositories: [3, 20], blobs: [20, records.length - 2]}[wanted]!;
		return [now, 'names', records[2], ...records.slice(...of), `end ${end}`].map(each => `${each}\0`).join('');
	};
	const outputs = [from('repositories', 'now 1700000000.5', 0), from('blobs', 'now 1700000000.25', 1)];

	for (let at = 0; at < Math.max(...outputs.map(({length}) => length)); at += 7) {
		for (const [n, push] of parts.entries()) {
			push(Buffer.from(outputs[n]!.slice(at, at + 7), 'latin1'));
		}
	}

	const {ends, taken, malformed, leftOut, repositories, blobs, folders: kept, closed} = reader.tree();
	const whole = readIn(names, names.length);
	expect({ends, taken, malformed, leftOut}).toEqual({ends: [0, 1], taken: 1700000000.25, malformed: 0, leftOut: 1});
	expect({repositories, blobs, kept, closed}).toEqual({
		repositories: whole.repositories,
		blobs: whole.blobs,
		kept: whole.folders,
		closed: whole.closed,
	});
});
