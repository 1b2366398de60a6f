import {mkdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {listIncidents} from '../../../src/adapters/journal/incident-folders.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

test('without a state folder there are no incidents; a folder that cannot be read is an error', async () => {
	const state = await createTempFolder();
	expect(await listIncidents(state)).toEqual([]);

	await writeFile(path.join(state, 'incidents'), '');
	await expect(listIncidents(state)).rejects.toMatchObject({code: 'incident.unreadable', exit: 'failed'});
});

test('an incident whose journal cannot be read is listed, a folder without one is not', async () => {
	const state = await createTempFolder();
	await mkdir(path.join(state, 'incidents/empty'), {recursive: true});
	// Nobody can open it, whoever runs this: it leads to itself.
	await mkdir(path.join(state, 'incidents/odd'));
	await symlink('events.jsonl', path.join(state, 'incidents/odd/events.jsonl'));

	expect(await listIncidents(state)).toMatchObject([{name: 'odd', opened: ''}]);
});
