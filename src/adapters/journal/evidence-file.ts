import {createHash} from 'node:crypto';
import {open, rm} from 'node:fs/promises';
import path from 'node:path';
import type {Digest} from '../../domain/image/digest.ts';
import type {Evidence} from '../../engine/ports/journal.ts';

/** Keeps what a step saw. Nothing is written over: what a run that crashed has left there keeps its name. */
export async function keepEvidence(folder: string, name: string, content: string | Uint8Array): Promise<Evidence> {
	const bytes = Buffer.from(content);
	for (let copy = 0; ; copy++) {
		const below = path.join('evidence', copy === 0 ? name : `${copy}-${name}`);
		if (await writeNew(path.join(folder, below), bytes)) {
			const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
			return {file: below, digest, bytes: bytes.length};
		}
	}
}

async function writeNew(name: string, bytes: Buffer): Promise<boolean> {
	const file = await open(name, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'EEXIST') {
			throw error;
		}
	});
	if (!file) {
		return false;
	}

	try {
		await file.writeFile(bytes);
		await file.datasync();
	} catch (error) {
		await rm(name, {force: true}).catch(() => {});
		throw error;
	} finally {
		await file.close();
	}

	return true;
}
