import {expect, it} from 'vitest';
import {readComplaints} from '../../../src/adapters/storage/complaints.ts';
import {gapsOfTree} from '../../../src/adapters/storage/listing/list.ts';
import {openTree} from '../../../src/adapters/storage/listing/tree.ts';

const denied = 'Permission denied';
const vanished = 'No such file or directory';

it.each([
	`find: './blobs/sha256': ${denied}`,
	`find: ./blobs/sha256: ${denied}`,
	`head: cannot open './blobs/sha256' for reading: ${denied}`,
	`ls: cannot access './blobs/sha256': ${denied}`,
	`stat: cannot statx './blobs/sha256': ${denied}`,
	`stat: can't stat './blobs/sha256': ${denied}`,
	`grep: ./blobs/sha256: ${denied}`,
	`sh: 3: cannot open ./blobs/sha256: ${denied}`,
])('the path is read from: %s', line => {
	expect(readComplaints(`${line}\n`).unreadable).toEqual([{path: 'blobs/sha256', reason: denied}]);
	const gone = readComplaints(`${line.replace(denied, vanished)}\n`);
	expect([gone.unreadable, [...gone.vanished]]).toEqual([[], ['blobs/sha256']]);
});

it.each([
	`find: './a\\': ./b': ${denied}`,
	`find: './a: ${vanished}': ${denied}`,
	`find: './repositories/-rf\\n\\033[2Jend 0\\377': ${denied}`,
])('an unreadable folder with an odd name, as GNU find quotes it, is a gap and hides nothing beside it: %j', line => {
	const {tree} = openTree();

	const {lines, unread} = gapsOfTree({...tree, taken: 1, ends: [1]}, [line]);

	expect(lines).toHaveLength(1);
	expect(unread).not.toContain('');
});

it.each([`find: ./a: ${vanished}: ${denied}`, `find: ./a\n: ${vanished}: ${denied}`, 'find: memory exhausted'])(
	'an error that regmedic cannot parse is a gap, and never counts as a deleted path: %j',
	line => {
		const {tree} = openTree();

		const {lines, unread} = gapsOfTree({...tree, taken: 1, ends: [1]}, [line]);

		expect(lines).not.toEqual([]);
		expect(unread).toContain('');
	},
);

it('when part of stderr was lost, nothing is known to be gone', () => {
	const {tree} = openTree();
	const stderr = `find: './repositories/a': ${vanished}\n`.repeat(2000);

	expect(gapsOfTree({...tree, taken: 1, ends: [1]}, [stderr]).unread).toEqual(['']);
});

it.each([
	['a folder that went away', {}, `find: './repositories/a': ${vanished}`],
	['a folder that may not be read', {}, `find: './repositories/a': ${denied}`],
	['a symbolic link', {closed: [{path: 'repositories/a', reason: 'is a symbolic link'}]}, ''],
])('a find that was killed has not read the rest, whatever it reported before: %s', (_name, met, stderr) => {
	const {tree} = openTree();

	const {lines, unread} = gapsOfTree({...tree, ...met, taken: 1, ends: [137]}, [stderr]);

	expect(lines).toContain('find ended with exit 137');
	expect(unread).toContain('');
});

it('a find that failed without an error message did not fail on the symbolic link that it skipped', () => {
	const {tree} = openTree();
	const closed = [{path: 'repositories/a', reason: 'is a symbolic link'}];

	expect(gapsOfTree({...tree, closed, taken: 1, ends: [1]}, ['']).unread).toContain('');
});

it('of two parts that were listed, one that was killed hides what the complaints of the other would explain', () => {
	const {tree} = openTree();
	const complaint = `find: './repositories/a': ${denied}`;
	const of = (ends: (number | undefined)[], stderrs: string[]) => gapsOfTree({...tree, taken: 1, ends}, stderrs);

	expect(of([1, 0], [complaint, ''])).toEqual({lines: [`repositories/a: ${denied}`], unread: ['repositories/a']});
	expect(of([1, 1], [complaint, '']).unread).toEqual(['']);
	expect(of([0, undefined], ['', '']).unread).toEqual(['']);
	expect(of([1, 1], [complaint, complaint])).toEqual(of([1, 0], [complaint, '']));
});
