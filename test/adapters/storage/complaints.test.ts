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
])('the path is understood: %s', line => {
	expect(readComplaints(`${line}\n`).unreadable).toEqual([{path: 'blobs/sha256', reason: denied}]);
	const gone = readComplaints(`${line.replace(denied, vanished)}\n`);
	expect([gone.unreadable, [...gone.vanished]]).toEqual([[], ['blobs/sha256']]);
});

it.each([
	`find: './a\\': ./b': ${denied}`,
	`find: './a: ${vanished}': ${denied}`,
	`find: './repositories/-rf\\n\\033[2Jend 0\\377': ${denied}`,
])('a closed folder that no registry made, as GNU find quotes it, is a gap and hides nothing beside it: %j', line => {
	const {tree} = openTree();

	const {lines, unread} = gapsOfTree({...tree, taken: 1, end: 1}, line);

	expect(lines).toHaveLength(1);
	expect(unread).not.toContain('');
});

it.each([`find: ./a: ${vanished}: ${denied}`, `find: ./a\n: ${vanished}: ${denied}`, 'find: memory exhausted'])(
	'a name or a word that is not understood is a gap, never taken for something that vanished: %j',
	line => {
		const {tree} = openTree();

		const {lines, unread} = gapsOfTree({...tree, taken: 1, end: 1}, line);

		expect(lines).not.toEqual([]);
		expect(unread).toContain('');
	},
);

it('where more was complained than can be kept, nothing is known to be gone', () => {
	const {tree} = openTree();
	const stderr = `find: './repositories/a': ${vanished}\n`.repeat(2000);

	expect(gapsOfTree({...tree, taken: 1, end: 1}, stderr).unread).toEqual(['']);
});

it.each([
	['a folder that went away', {}, `find: './repositories/a': ${vanished}`],
	['a folder that may not be read', {}, `find: './repositories/a': ${denied}`],
	['a symbolic link', {closed: [{path: 'repositories/a', reason: 'is a symbolic link'}]}, ''],
])('a find that was killed has not read the rest, whatever it met before: %s', (_name, met, stderr) => {
	const {tree} = openTree();

	const {lines, unread} = gapsOfTree({...tree, ...met, taken: 1, end: 137}, stderr);

	expect(lines).toContain('find ended with exit 137');
	expect(unread).toContain('');
});

it('a find that failed without a word did not fail on the symbolic link it passed over', () => {
	const {tree} = openTree();
	const closed = [{path: 'repositories/a', reason: 'is a symbolic link'}];

	expect(gapsOfTree({...tree, closed, taken: 1, end: 1}, '').unread).toContain('');
});
