import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';

/** On a file system in memory where there is one: these tests write and sync a lot. */
const quickDisk = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** An empty folder that is removed with the test. */
export async function createTempFolder(): Promise<string> {
	const folder = await mkdtemp(path.join(quickDisk, 'regmedic-test-'));
	onTestFinished(() => rm(folder, {recursive: true, force: true}));
	return folder;
}
