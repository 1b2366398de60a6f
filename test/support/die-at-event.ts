/**
 * Loaded with `node --import` before the shipped program: ends the process with SIGKILL around one line of its journal.
 * The program itself knows nothing of it. DIE_AT names the line by number or by what it says:
 *
 * `after:12`   it is on the disk, and nothing has followed from it
 * `before:12`  what it tells has happened, and no byte of it is written: the lost result
 * `torn:12`    half of it is written
 * `before:effect.finished diagnose`
 */
import {type FileHandle, open} from 'node:fs/promises';
import {syncBuiltinESMExports} from 'node:module';
import timers from 'node:timers/promises';
import {labelOf} from './event-label.ts';

const [, when, which] = /^(\w+):(.*)$/.exec(process.env.DIE_AT ?? '') ?? [];
const handle = await open(process.execPath, 'r');
const methods = Object.getPrototypeOf(handle) as FileHandle;
await handle.close();
const {datasync} = methods;
const write = methods.write as (bytes: Buffer, offset?: number, length?: number) => ReturnType<FileHandle['write']>;
let isWritten = false;

function isLine(bytes: unknown): boolean {
	if (!Buffer.isBuffer(bytes) || !bytes.subarray(0, 7).equals(Buffer.from('{"seq":'))) {
		return false;
	}

	const event = JSON.parse(bytes.toString()) as {seq: number; type: string};
	return which === String(event.seq) || which === labelOf(event);
}

function die(): never {
	process.kill(process.pid, 'SIGKILL');
	throw new Error('not reached');
}

methods.write = async function (this: FileHandle, bytes: Buffer, offset?: number) {
	const isIt = isLine(bytes);
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

// However fast a drill runs, it looks every two seconds whether its build has ended, and what became of a change.
const hurry = 20;
const pause = timers.setTimeout;
timers.setTimeout = ((milliseconds: number, ...rest: []) =>
	pause(milliseconds / hurry, ...rest)) as typeof timers.setTimeout;
const later = globalThis.setTimeout;
globalThis.setTimeout = ((act: () => void, milliseconds: number, ...rest: []) =>
	later(act, milliseconds === 2_000 ? milliseconds / hurry : milliseconds, ...rest)) as typeof setTimeout;
syncBuiltinESMExports();
