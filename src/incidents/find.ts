import {readJournal} from '../adapters/journal/events-file.ts';
import {findIncident, type IncidentFolder, listIncidents, stateFolder} from '../adapters/journal/incident-folders.ts';
import {OperatorError} from '../domain/errors.ts';
import type {Incident} from '../domain/incident/incident.ts';
import {fold} from '../domain/machine/machine.ts';
import type {Invocation} from '../invocation.ts';

/** An incident as its journal shows it. */
export type RecordedIncident = {found: IncidentFolder; incident: Incident; sealed: boolean};

/**
 * Reads an incident without touching it.
 * @param wanted its name, a unique part of it, or a path; undefined: the latest open one
 * @throws OperatorError incident.* | journal.*
 */
export async function readIncident({environment}: Invocation, wanted: string | undefined): Promise<RecordedIncident> {
	const state = stateFolder(environment);
	const found = wanted === undefined ? await latestOpen(state) : await findIncident(state, wanted);
	const {events, sealed} = await readJournal(found.folder);
	if (events.length === 0) {
		throw new OperatorError('incident.empty', `${found.name} ended before its first event was written.`, {
			hint: 'Nothing was done. Start again with `regmedic respond` or `regmedic drill`.',
			exit: 'failed',
		});
	}

	return {found, incident: fold(events), sealed};
}

/** A real incident comes before any drill. */
async function latestOpen(state: string): Promise<IncidentFolder> {
	const all = await listIncidents(state);
	for (const found of [...all.filter(({kind}) => kind === 'incidents'), ...all.filter(({kind}) => kind === 'drills')]) {
		const read = await readJournal(found.folder).catch(() => undefined);
		if (read && !read.sealed && read.events.length > 0) {
			return found;
		}
	}

	throw new OperatorError('incident.none-open', 'No incident is open.', {
		hint: 'Start one with `regmedic respond --image REF`.',
		exit: 'usage',
	});
}
