import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import path from 'node:path';

/**
 * What this machine remembers of the plans of a registry whose store it does not reach: that they were made here, and that they were
 * applied. The id was checked when the plan was read.
 */
function fileOf(state: string, id: string, what: 'made' | 'applied'): string {
	return path.join(state, 'plans', `${id}.${what}`);
}

/** @param note one line @returns the note that was there before; undefined: this is the first */
export async function rememberPlan(
	state: string,
	{id, what, note}: {id: string; what: 'made' | 'applied'; note: string},
): Promise<string | undefined> {
	const file = fileOf(state, id, what);
	await mkdir(path.dirname(file), {recursive: true, mode: 0o700});
	try {
		await writeFile(file, `${note}\n`, {mode: 0o600, flag: 'wx'});
		return undefined;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
			throw error;
		}

		return recallPlan(state, id, what);
	}
}

export async function recallPlan(state: string, id: string, what: 'made' | 'applied'): Promise<string | undefined> {
	const text = await readFile(fileOf(state, id, what), 'utf8').catch(() => undefined);
	return text?.trim();
}

/** One line: who applies a plan, on which machine, when, and in which incident. */
export function noteOfApplying({actor, now, incident}: {actor: string; now: Date; incident: string}): string {
	return `${actor} on ${hostname()}, ${now.toISOString()}, ${incident}`;
}
