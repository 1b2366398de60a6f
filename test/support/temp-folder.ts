import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';

/** In memory where there is such a place: these tests write much, and wait for each byte. */
const quickDisk = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** An empty folder that goes away with the test. */
export async function createTempFolder(): Promise<string> {
	const folder = await mkdtemp(path.join(quickDisk, 'regmedic-test-'));
	onTestFinished(() => rm(folder, {recursive: true, force: true}));
	return folder;
}
