/**
 * Loaded with `node --import` before the shipped program: ends the process with SIGKILL around one line of its journal.
 * The program itself knows nothing of it.
 *
 * DIE_AT `after:12`  event 12 is on the disk, and nothing has followed from it
 *        `before:12` what event 12 tells has happened, and no byte of it is written: the lost result
 *        `torn:12`   half of event 12 is written
 */
import {type FileHandle, open} from 'node:fs/promises';
import {syncBuiltinESMExports} from 'node:module';
import timers from 'node:timers/promises';

const [when, seq] = (process.env.DIE_AT ?? '').split(':');
const line = Buffer.from(`{"seq":${seq},`);
const handle = await open(process.execPath, 'r');
const methods = Object.getPrototypeOf(handle) as FileHandle;
await handle.close();
const {write, datasync} = methods;
let isWritten = false;

function die(): never {
	process.kill(process.pid, 'SIGKILL');
	throw new Error('not reached');
}

methods.write = async function (this: FileHandle, bytes: Buffer, offset?: number) {
	const isIt = when !== undefined && Buffer.isBuffer(bytes) && bytes.subarray(0, line.length).equals(line);
	if (isIt && when === 'before') {
		die();
	}

	if (isIt && when === 'torn') {
		await write.call(this, bytes, 0, bytes.length >> 1);
		die();
	}

	isWritten ||= isIt;
	return write.call(this, bytes, offset);
} as FileHandle['write'];

methods.datasync = async function (this: FileHandle) {
	await datasync.call(this);
	if (isWritten) {
		die();
	}
};

// A drill at a high speed still looks every two seconds whether its build has ended.
const pause = timers.setTimeout;
timers.setTimeout = ((milliseconds: number, ...rest: []) =>
	pause(milliseconds / 20, ...rest)) as typeof timers.setTimeout;
syncBuiltinESMExports();
