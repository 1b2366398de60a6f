import {randomInt} from 'node:crypto';
import {constants} from 'node:fs';
import {open, readdir} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {OperatorError} from '../../domain/errors.ts';
import {eventsFile} from './events-file.ts';

/** The folder of everything that regmedic remembers. @see XDG Base Directory Specification */
export function stateFolder(environment: Record<string, string | undefined>): string {
	const base = environment.XDG_STATE_HOME;
	return path.join(base && path.isAbsolute(base) ? base : path.join(homedir(), '.local/state'), 'regmedic');
}

/** Real incidents and drills never share a folder. */
export function kindFolder(state: string, kind: 'incidents' | 'drills'): string {
	return path.join(state, kind);
}

const adjectives =
	'amber brisk calm clear early even fair firm grey keen late mild north plain quiet slow steady still warm wide';
const nouns =
	'anchor beacon bridge cedar delta ferry harbor heron island lantern meadow otter pebble quay raven river sparrow tide willow wharf';

/** `2026-04-19-orphan-index-quiet-otter-42`: names sort by day and can be said over the phone. */
export function nameIncident(runbook: string, now: Date): string {
	return `${now.toISOString().slice(0, 10)}-${runbook}-${pick(adjectives)}-${pick(nouns)}-${randomInt(10, 100)}`;
}

function pick(words: string): string {
	const all = words.split(' ');
	return all[randomInt(all.length)]!;
}

export type IncidentFolder = {
	name: string;
	folder: string;
	kind: 'incidents' | 'drills';
	/** The time of the first event, ISO 8601, UTC. Its hash was not checked; empty when the file cannot be read. */
	opened: string;
};

/** The newest first. A folder without a first event is no incident. @throws OperatorError incident.unreadable */
export async function listIncidents(state: string): Promise<IncidentFolder[]> {
	const kinds = ['incidents', 'drills'] as const;
	const found = await Promise.all(
		kinds.map(async kind => {
			const entries = await readdir(kindFolder(state, kind), {withFileTypes: true}).catch(unlessAbsent);
			return Promise.all(
				entries
					.filter(entry => entry.isDirectory())
					.map(async ({name}) => {
						const folder = path.join(kindFolder(state, kind), name);
						const opened = await openedAt(folder);
						return opened === undefined ? [] : [{name, kind, folder, opened}];
					}),
			);
		}),
	);
	return found.flat(2).sort((a, b) => b.opened.localeCompare(a.opened));
}

/** Where there is no folder, there are no incidents. A folder that cannot be read may hold some. */
function unlessAbsent(cause: NodeJS.ErrnoException): never[] {
	if (cause.code === 'ENOENT') {
		return [];
	}

	throw new OperatorError('incident.unreadable', `Can't read the incidents: ${cause.message}.`, {
		hint: 'Run regmedic as the user they belong to, or set XDG_STATE_HOME to a readable folder.',
		exit: 'failed',
		cause,
	});
}

/** Reads the start of the first line only: the rest of that line is the whole runbook. */
async function openedAt(folder: string): Promise<string | undefined> {
	const flags = constants.O_RDONLY | constants.O_NONBLOCK;
	const file = await open(path.join(folder, eventsFile), flags).catch(({code}: NodeJS.ErrnoException) => code);
	if (typeof file !== 'object') {
		// A file that exists and cannot be read is listed; the command that opens it gives the reason.
		return file === 'ENOENT' ? undefined : '';
	}

	try {
		if (!(await file.stat()).isFile()) {
			return '';
		}

		const {buffer, bytesRead} = await file.read(Buffer.alloc(80), 0, 80, 0);
		return bytesRead === 0 ? undefined : (/"at":"([^"]+)"/.exec(buffer.toString('utf8', 0, bytesRead))?.[1] ?? '');
	} finally {
		await file.close();
	}
}

/** @param wanted its name, a part of the name that only it has, or a path. @throws OperatorError incident.unknown | incident.ambiguous */
export async function findIncident(state: string, wanted: string): Promise<IncidentFolder> {
	if (wanted.includes('/')) {
		const folder = path.resolve(wanted);
		return {
			name: path.basename(folder),
			folder,
			kind: path.basename(path.dirname(folder)) === 'drills' ? 'drills' : 'incidents',
			opened: (await openedAt(folder)) ?? '',
		};
	}

	const all = await listIncidents(state);
	const exact = all.filter(({name}) => name === wanted);
	const matching = exact.length > 0 ? exact : all.filter(({name}) => name.includes(wanted));

	if (matching.length === 1) {
		return matching[0]!;
	}

	throw matching.length === 0
		? new OperatorError('incident.unknown', `There is no incident "${wanted}".`, {
				hint: '`regmedic incidents` lists them.',
				exit: 'usage',
			})
		: new OperatorError('incident.ambiguous', `"${wanted}" could be ${matching.map(({name}) => name).join(', ')}.`, {
				hint: 'Write more of its name.',
				exit: 'usage',
			});
}
