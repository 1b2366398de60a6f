import {stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {makePrivateFolder} from '../../../src/adapters/journal/private-files.ts';
import {temporaryFolder} from '../../support/real.ts';

test('every new folder is private, and an existing folder is left as it is', async () => {
	await using place = await temporaryFolder();
	const deep = path.join(place.folder, 'state/regmedic/incidents');

	await makePrivateFolder(deep);
	await makePrivateFolder(deep);

	expect((await stat(deep)).mode & 0o777).toBe(0o700);
	expect((await stat(path.dirname(deep))).mode & 0o777).toBe(0o700);
});

test('many can make the same folder at once', async () => {
	await using place = await temporaryFolder();

	for (let round = 0; round < 20; round++) {
		const above = path.join(place.folder, `state-${round}`, 'regmedic/drills');
		await Promise.all(Array.from({length: 8}, (_, index) => makePrivateFolder(path.join(above, `${index}`))));
	}
});

// Node's own recursive mkdir never comes back from there.
test.skipIf(process.platform !== 'linux')(
	'a folder in which none can be made is an error, not an endless wait',
	async () => {
		await expect(makePrivateFolder('/proc/regmedic/incidents')).rejects.toMatchObject({code: 'ENOENT'});
	},
);

test('a file in the way is an error', async () => {
	await using place = await temporaryFolder();
	await writeFile(path.join(place.folder, 'state'), '');

	await expect(makePrivateFolder(path.join(place.folder, 'state/regmedic'))).rejects.toMatchObject({code: 'ENOTDIR'});
});
