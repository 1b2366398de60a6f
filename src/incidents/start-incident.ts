import path from 'node:path';
import {readJournal} from '../adapters/journal/events-file.ts';
import {
	findIncident,
	type IncidentFolder,
	kindFolder,
	listIncidents,
	nameIncident,
	stateFolder,
} from '../adapters/journal/incident-folders.ts';
import {createJournal, openJournal} from '../adapters/journal/journal.ts';
import {OperatorError} from '../domain/errors.ts';
import type {Happening} from '../domain/incident/event.ts';
import type {Incident} from '../domain/incident/incident.ts';
import type {JsonObject} from '../domain/json.ts';
import {fold} from '../domain/machine/machine.ts';
import type {Runbook} from '../domain/runbook/runbook.ts';
import type {Ports} from '../engine/actions/action.ts';
import {actions} from '../engine/actions/index.ts';
import type {Journal} from '../engine/ports/journal.ts';
import {beginSession, resumeSession, type Session} from '../engine/session/session.ts';
import type {Invocation} from '../invocation.ts';

export type StartedIncident = {session: Session; journal: Journal};

export type KnownIncident = {found: IncidentFolder; incident: Incident; sealed: boolean};

export type NewIncident = {
	invocation: Invocation;
	name: string;
	runbook: Runbook;
	inputs: JsonObject;
	settings: JsonObject;
	ports: Ports;
	pace: 'person' | 'auto';
	dryRun: boolean;
	drill?: {scenario: string; seed: number};
};

export function incidentFolder({environment}: Invocation, name: string, drill: boolean): string {
	return path.join(kindFolder(stateFolder(environment), drill ? 'drills' : 'incidents'), name);
}

export {nameIncident};

/** Opens a new incident: its journal, then its session. */
export async function startIncident(options: NewIncident): Promise<StartedIncident> {
	const {invocation, name, runbook, inputs, settings, ports, pace, dryRun, drill} = options;
	const journal = await createJournal({
		folder: incidentFolder(invocation, name, drill !== undefined),
		actor: invocation.actor,
		processes: invocation.processes,
		stamp: stampBy(ports),
	});
	const opening: Extract<Happening, {type: 'incident.opened'}> = {
		type: 'incident.opened',
		schema: 'regmedic.journal/1',
		incident: name,
		version: invocation.version,
		runbook: runbook.text,
		inputs,
		settings,
		dryRun,
		...(drill === undefined ? {} : {drill}),
	};
	const session = await beginSession({journal, ports, actions, actor: invocation.actor, pace}, opening);
	return {session, journal};
}

/** Looks at an incident without touching it. @throws OperatorError incident.* | journal.* */
export async function lookUpIncident({environment}: Invocation, wanted: string | undefined): Promise<KnownIncident> {
	const state = stateFolder(environment);
	const found = wanted === undefined ? await latestOpen(state) : await findIncident(state, wanted);
	const {events, sealed} = await readJournal(found.folder);
	if (events.length === 0) {
		throw new OperatorError('incident.empty', `${found.name} ended before its first event was written.`, {
			hint: 'Nothing was done. Begin again with `regmedic respond` or `regmedic drill`.',
			exit: 'failed',
		});
	}

	return {found, incident: fold(events), sealed};
}

/** Goes on with an incident that a process left or lost. */
export async function continueIncident(
	invocation: Invocation,
	found: IncidentFolder,
	{ports, pace, takeOver}: {ports: Ports; pace: 'person' | 'auto'; takeOver: boolean},
): Promise<StartedIncident> {
	const journal = await openJournal({
		folder: found.folder,
		actor: invocation.actor,
		processes: invocation.processes,
		stamp: stampBy(ports),
		takeOver,
	});
	const session = await resumeSession({journal, ports, actions, actor: invocation.actor, pace});
	return {session, journal};
}

/** A real one before any rehearsal. */
async function latestOpen(state: string): Promise<IncidentFolder> {
	const all = await listIncidents(state);
	for (const found of [...all.filter(({kind}) => kind === 'incidents'), ...all.filter(({kind}) => kind === 'drills')]) {
		const read = await readJournal(found.folder).catch(() => undefined);
		if (read && !read.sealed && read.events.length > 0) {
			return found;
		}
	}

	throw new OperatorError('incident.none-open', 'No incident is open.', {
		hint: 'Begin one with `regmedic respond --image REF`.',
		exit: 'usage',
	});
}

function stampBy({clock}: Ports) {
	return () => ({at: clock.now().toISOString(), mono: Math.round(clock.monotonic()), actor: 'regmedic'});
}
