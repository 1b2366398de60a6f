import path from 'node:path';
import {expect, test} from 'vitest';
import {writeDocument} from '../../src/incidents/end.ts';
import {createTempFolder} from '../support/temp-folder.ts';

test('a post-mortem that cannot be written is no bug: the hint says how to write it elsewhere', async () => {
	const file = path.join(await createTempFolder(), 'missing/post-mortem.md');

	await expect(writeDocument(file, 'text', 'calm-otter')).rejects.toMatchObject({
		code: 'document.unwritable',
		message: expect.stringContaining('ENOENT'),
		hint: expect.stringContaining('regmedic export calm-otter --output'),
		exit: 'failed',
	});
});
