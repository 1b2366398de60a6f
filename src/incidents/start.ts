import path from 'node:path';
import {kindFolder, nameIncident, stateFolder} from '../adapters/journal/incident-folders.ts';
import {createJournal} from '../adapters/journal/journal.ts';
import {registryFor} from '../domain/configuration.ts';
import {defined} from '../domain/defined.ts';
import {formatReference, type ImageReference, shortName} from '../domain/image/reference.ts';
import type {JsonObject} from '../domain/json.ts';
import type {Runbook} from '../domain/runbook/runbook.ts';
import type {Ports} from '../engine/actions/action.ts';
import {actions} from '../engine/actions/index.ts';
import type {FoundBefore} from '../engine/plan/found-before.ts';
import type {Journal} from '../engine/ports/journal.ts';
import {beginSession, type Session} from '../engine/session/session.ts';
import type {Invocation} from '../invocation.ts';
import {type OpenRegistryPorts, openPorts} from '../wiring/ports.ts';
import {readSetup} from '../wiring/setup.ts';
import {keptSources} from './kept.ts';
import {openAlone} from './open-one.ts';
import {loadRunbook} from './runbooks.ts';

/** An incident that is open in this process, with everything that it holds open. */
export type OpenIncident = {
	session: Session;
	journal: Journal;
	/** For titles: `infra-ci:latest`. */
	image: string;
	resumeCommand: string;
	close(): Promise<void>;
};

type NewResponse = {
	/** A name or a path. */
	runbook: string;
	reference: ImageReference;
	pace: 'person' | 'auto';
	dryRun: boolean;
	/** Also where an incident of the registry is open. */
	another?: boolean;
	plainHttp?: boolean;
	fillCache?: boolean;
	/** What was found right before, and the outside systems that found it: the incident goes on with them, and closes them. */
	before?: {found: FoundBefore; opened: OpenRegistryPorts};
	/** Further inputs of the page, beside the image. */
	inputs?: JsonObject;
};

type NewIncident = {
	name: string;
	runbook: Runbook;
	inputs: JsonObject;
	settings: JsonObject;
	ports: Ports;
	pace: 'person' | 'auto';
	dryRun: boolean;
	drill?: {scenario: string; seed: number};
};

/** Starts a real incident. */
export async function startIncident(invocation: Invocation, response: NewResponse): Promise<OpenIncident> {
	const {reference, pace, dryRun, another = false, plainHttp, fillCache, before, inputs = {}} = response;
	const runbook = await loadRunbook(invocation.home, invocation.folder, response.runbook);
	const setup = await readSetup(invocation, defined({plainHttp, fillCache}));
	const {settings, close, ...opened} = before
		? {...before.opened.of(reference), close: before.opened.close}
		: openPorts(reference, setup, await keptSources(inputs, reference, invocation));
	const ports = {...opened.ports, ...defined({found: before?.found})};
	const name = nameIncident(runbook.name, ports.clock.now());

	const create = () =>
		createIncident(invocation, {
			name,
			runbook,
			inputs: {...inputs, image: formatReference(reference)},
			settings,
			ports,
			pace,
			dryRun,
		});
	const registry = {host: reference.host, name: registryFor(setup.configuration, reference.host)?.name};
	return openIncident({
		name,
		reference,
		begin: another || dryRun ? create : () => openAlone(registry, invocation, create),
		close,
	});
}

/** Creates the journal of a new incident, then begins its session. */
export async function createIncident(
	invocation: Invocation,
	{name, runbook, inputs, settings, ports, pace, dryRun, drill}: NewIncident,
): Promise<{session: Session; journal: Journal}> {
	const {actor, processes, version} = invocation;
	const folder = incidentFolder(invocation, drill === undefined ? 'incidents' : 'drills', name);
	const journal = await createJournal({folder, actor, processes, stamp: stampBy(ports)});
	const session = await beginSession(
		{journal, ports, actions, actor, pace},
		{
			type: 'incident.opened',
			schema: 'regmedic.journal/1',
			incident: name,
			version,
			runbook: runbook.text,
			inputs,
			settings,
			dryRun,
			...defined({drill}),
		},
	);
	return {session, journal};
}

/** @param close closes what the incident works with; called at once where the incident cannot begin */
export async function openIncident({
	name,
	reference,
	begin,
	close,
}: {
	name: string;
	reference: ImageReference;
	begin(): Promise<{session: Session; journal: Journal}>;
	close(): Promise<void>;
}): Promise<OpenIncident> {
	try {
		const {session, journal} = await begin();
		return {
			session,
			journal,
			image: shortName(reference),
			resumeCommand: `regmedic resume ${name}`,
			async close() {
				await journal.close();
				await close();
			},
		};
	} catch (error) {
		await close();
		throw error;
	}
}

export function incidentFolder({environment}: Invocation, kind: 'incidents' | 'drills', name: string): string {
	return path.join(kindFolder(stateFolder(environment), kind), name);
}

/** For events that the journal writes by itself. */
export function stampBy({clock}: Ports) {
	return () => ({at: clock.now().toISOString(), mono: Math.round(clock.monotonic()), actor: 'regmedic'});
}
