import {randomBytes} from 'node:crypto';
import {constants} from 'node:fs';
import {type FileHandle, open, realpath, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import {OperatorError} from '../../domain/errors.ts';
import {inventoryOf, type Sighting, withSightings} from '../../domain/inventory/inventory.ts';
import {headerOf, parseInventory, type ReadInventory, renderInventory} from '../../domain/inventory/inventory-text.ts';
import type {InventoryReader} from '../../engine/ports/inventory.ts';
import {whileLocked} from './inventory-lock.ts';

/** More than a million entries. */
const mostBytes = 256 * 1024 * 1024;
const headerBytes = 4096;
const privateMode = 0o600;

export function openInventory(file: string): InventoryReader {
	return {place: file, read: () => readInventory(file)};
}

/**
 * Reads an inventory. An empty file is one that no probe has written to yet.
 * @returns undefined: there is no such file, or it is empty
 * @throws OperatorError inventory.unreadable | inventory.invalid
 */
async function readInventory(file: string): Promise<ReadInventory | undefined> {
	const text = await withRegularFile(file, handle => handle.readFile('utf8'));
	return text === undefined || text === '' ? undefined : parseInventory(text, file);
}

/**
 * Before a run: whether what it sees can be added to this file, as far as its first line tells.
 * @throws OperatorError inventory.unreadable | inventory.invalid | inventory.other-registry
 */
export async function checkInventory(file: string, registry: string): Promise<void> {
	const start = await withRegularFile(file, async handle => {
		const {buffer, bytesRead} = await handle.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
		return buffer.subarray(0, bytesRead).toString('utf8');
	});
	const header = start && headerOf(start.split('\n', 1)[0]!);
	if (header) {
		checkRegistry(file, header.registry, registry);
	} else if (start) {
		parseInventory(start, file);
	}
}

/**
 * Adds what a probe saw, and joins what is in the file already. A reader sees the file as it was, or as it is afterwards. One
 * that cannot be read is left as it is.
 * @throws OperatorError inventory.unreadable | inventory.invalid | inventory.other-registry | inventory.locked | inventory.unwritable
 */
export async function keepSightings(
	file: string,
	{registry, sightings, signal}: {registry: string; sightings: Iterable<Sighting>; signal: AbortSignal},
): Promise<void> {
	const target = await realpath(file).catch(() => file);
	const isKept = await whileLocked(target, {signal}, async isHeld => {
		const known = (await readInventory(target))?.inventory ?? inventoryOf(registry, []);
		checkRegistry(file, known.registry, registry);
		return replace(target, renderInventory(withSightings(known, sightings)), isHeld);
	}).catch((error: unknown) => {
		if (!isOfSystem(error) || signal.aborted) {
			throw error;
		}

		throw unwritable(file, error);
	});
	if (!isKept) {
		throw unwritable(file, Object.assign(new Error('Another probe took the lock over.'), {code: 'ESTALE'}));
	}
}

/** @returns false where another process has taken the lock over: then nothing is replaced */
async function replace(file: string, text: string, isHeld: () => Promise<boolean>): Promise<boolean> {
	const temporary = `${file}.${randomBytes(6).toString('hex')}`;
	try {
		const handle = await open(temporary, 'wx', privateMode);
		try {
			await handle.writeFile(text);
			// Whoever may read the file is decided by the person: a new one is private.
			await handle.chmod((await modeOf(file)) ?? privateMode);
			await handle.sync();
		} finally {
			await handle.close();
		}

		if (!(await isHeld())) {
			return false;
		}

		await rename(temporary, file);
		return true;
	} finally {
		await rm(temporary, {force: true});
	}
}

async function modeOf(file: string): Promise<number | undefined> {
	return withRegularFile(file, async handle => (await handle.stat()).mode & 0o777);
}

/** A pipe or a device in its place might never end. @returns undefined: there is no such file */
async function withRegularFile<Result>(
	file: string,
	work: (handle: FileHandle) => Promise<Result>,
): Promise<Result | undefined> {
	const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'ENOENT') {
			throw unreadable(file, error.code ?? 'unknown', error);
		}
	});
	if (handle === undefined) {
		return undefined;
	}

	try {
		const found = await handle.stat();
		if (!found.isFile()) {
			throw unreadable(file, 'it is not a regular file');
		}

		if (found.size > mostBytes) {
			throw unreadable(file, `it is longer than ${mostBytes / 1024 / 1024} MiB`);
		}

		return await work(handle);
	} catch (error) {
		throw isOfSystem(error) ? unreadable(file, error.code, error) : error;
	} finally {
		await handle.close();
	}
}

function isOfSystem(error: unknown): error is NodeJS.ErrnoException & {code: string} {
	return error instanceof Error && !(error instanceof OperatorError) && 'code' in error;
}

function checkRegistry(file: string, known: string, registry: string): void {
	if (known !== registry) {
		throw new OperatorError('inventory.other-registry', `${file} is the inventory of ${known}, not of ${registry}.`, {
			hint: 'Each registry has an inventory of its own: name another file.',
			exit: 'usage',
		});
	}
}

function unreadable(file: string, why: string, cause?: unknown): OperatorError {
	return new OperatorError('inventory.unreadable', `Can't read the inventory ${path.resolve(file)}: ${why}.`, {
		hint: 'Check that it is a file of its own that this user may read.',
		exit: 'failed',
		cause,
	});
}

function unwritable(file: string, error: NodeJS.ErrnoException): OperatorError {
	return new OperatorError('inventory.unwritable', `What this run saw could not be kept in ${file} (${error.code}).`, {
		hint: 'Check that the folder exists, has space, and that this user may write to it.',
		exit: 'failed',
		cause: error,
	});
}
