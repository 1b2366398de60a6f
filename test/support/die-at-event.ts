/**
 * Loaded with `node --import` before the shipped program. Kills the process (SIGKILL) around one line of its journal; the
 * program does not know of this file. DIE_AT names the line by its number or by its label:
 *
 * `after:12`   the line is on the disk, and nothing has followed from it
 * `before:12`  the event has happened, and no byte of its line is written: the result is lost
 * `torn:12`    half of the line is written
 * `before:effect.finished diagnose`
 * `after:relinked apply [4] #2`: the second of item 4, counted in this process
 */
import {type FileHandle, open} from 'node:fs/promises';
import {syncBuiltinESMExports} from 'node:module';
import timers from 'node:timers/promises';
import {exactLabels, labelOf} from './event-label.ts';

const [, when, which] = /^(\w+):(.*)$/.exec(process.env.DIE_AT ?? '') ?? [];
const handle = await open(process.execPath, 'r');
const methods = Object.getPrototypeOf(handle) as FileHandle;
await handle.close();
const {datasync} = methods;
const write = methods.write as (bytes: Buffer, offset?: number, length?: number) => ReturnType<FileHandle['write']>;
const exactLabel = exactLabels();
let isWritten = false;

function isLine(bytes: unknown): boolean {
	if (!Buffer.isBuffer(bytes) || !bytes.subarray(0, 7).equals(Buffer.from('{"seq":'))) {
		return false;
	}

	const event = JSON.parse(bytes.toString()) as {seq: number; type: string};
	const exact = exactLabel(event);
	return which === String(event.seq) || which === labelOf(event) || which === exact;
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

// A drill of any speed polls its build, and checks what became of a change, every two seconds: too slow for a test.
const hurry = 20;
const pause = timers.setTimeout;
timers.setTimeout = ((milliseconds: number, ...rest: []) =>
	pause(milliseconds / hurry, ...rest)) as typeof timers.setTimeout;
const later = globalThis.setTimeout;
globalThis.setTimeout = ((act: () => void, milliseconds: number, ...rest: []) =>
	later(act, milliseconds === 2_000 ? milliseconds / hurry : milliseconds, ...rest)) as typeof setTimeout;
syncBuiltinESMExports();
