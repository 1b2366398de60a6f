import {execFileSync} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {readRegularText} from '../../../src/adapters/configuration/regular-file.ts';
import {readMetrics} from '../../../src/commands/audit/probe-metrics.ts';
import {checkRunbook} from '../../../src/incidents/runbooks.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const home = path.resolve(import.meta.dirname, '../../..');

it('a pipe in the place of a file is refused at once, wherever one is read', async () => {
	const folder = await createTempFolder();
	const pipe = path.join(folder, 'pipe.md');
	execFileSync('mkfifo', [pipe]);

	await expect(readRegularText(pipe)).rejects.toMatchObject({code: 'ENOTREG'});
	await expect(readRegularText('/dev/zero')).rejects.toMatchObject({code: 'ENOTREG'});
	await expect(readMetrics(pipe, AbortSignal.timeout(60_000))).rejects.toMatchObject({code: 'audit.metrics'});
	await expect(checkRunbook(home, folder, './pipe.md')).rejects.toMatchObject({code: 'runbook.missing'});
});

it('a file is read', async () => {
	const file = path.join(await createTempFolder(), 'file');
	await writeFile(file, 'as it is');

	expect(await readRegularText(file)).toBe('as it is');
});
