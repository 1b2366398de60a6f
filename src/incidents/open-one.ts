import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {readJournal} from '../adapters/journal/events-file.ts';
import {listIncidents, stateFolder} from '../adapters/journal/incident-folders.ts';
import {makeIncidentFolder} from '../adapters/journal/journal.ts';
import {holderOf, lockFolder} from '../adapters/journal/lock.ts';
import {type Holder, isAlive} from '../adapters/journal/lock-holder.ts';
import {defined} from '../domain/defined.ts';
import {OperatorError} from '../domain/errors.ts';
import {shortName} from '../domain/image/reference.ts';
import type {Incident} from '../domain/incident/incident.ts';
import {sayTime} from '../domain/text/time.ts';
import type {Invocation} from '../invocation.ts';

/** `holder`: the process that works on it now. */
export type OpenElsewhere = {name: string; image: string; openedAt: string; openedBy: string; holder?: Holder};

/** `name`: as it is configured; absent: it is not, or not known yet. */
type WhichRegistry = {host: string; name?: string | undefined};

const openingTries = 100;
const openingPauseMs = 100;

/**
 * The open incident of a registry on this machine, the newest of several. A dry run and a rehearsal change nothing there; a journal
 * that cannot be read does not say what it is about.
 */
export async function openIncidentOf(
	registry: WhichRegistry,
	{environment, processes}: Invocation,
): Promise<OpenElsewhere | undefined> {
	// Where they cannot be listed, none can be opened either: that fails with its own reason.
	const all = await listIncidents(stateFolder(environment)).catch(() => []);
	for (const {kind, name, folder} of all) {
		const incident = kind === 'incidents' ? await openIn(folder) : undefined;
		if (incident && isAbout(incident, registry)) {
			const holder = await holderOf(folder);
			const {image, openedAt, openedBy} = incident;
			const isHeld = holder !== undefined && isAlive(holder, processes);
			return {name, image: shortName(image), openedAt, openedBy, ...defined({holder: isHeld ? holder : undefined})};
		}
	}

	return undefined;
}

async function openIn(folder: string): Promise<Incident | undefined> {
	try {
		const {events, sealed} = await readJournal(folder);
		// It brings the readers of runbooks, which the first frame does not wait for.
		const {fold} = await import('../domain/machine/machine.ts');
		const incident = sealed ? undefined : fold(events);
		return incident?.dryRun || incident?.phase.kind === 'stopped' ? undefined : incident;
	} catch {
		return undefined;
	}
}

function isAbout({image, opening}: Incident, {host, name}: WhichRegistry): boolean {
	return image.host === host || (name !== undefined && opening.settings.registry === name);
}

/**
 * Opens an incident, unless one of the same registry is open. Two processes that begin at the same moment look and open one after the
 * other.
 * @throws OperatorError incident.open (exit 7)
 */
export async function openAlone<Opened>(
	registry: WhichRegistry,
	invocation: Invocation,
	open: () => Promise<Opened>,
): Promise<Opened> {
	const folder = path.join(stateFolder(invocation.environment), 'opening');
	await makeIncidentFolder(folder);
	const lock = await lockInTurn(folder, invocation);
	try {
		const already = await openIncidentOf(registry, invocation);
		if (already) {
			throw alreadyOpen(already);
		}

		return await open();
	} finally {
		await lock.release();
	}
}

async function lockInTurn(folder: string, invocation: Invocation) {
	for (let tries = 1; ; tries++) {
		try {
			return await lockFolder(folder, invocation);
		} catch (error) {
			const isHeld = error instanceof OperatorError && error.code === 'incident.locked';
			if (!isHeld || tries === openingTries) {
				throw error;
			}

			await pause(openingPauseMs, undefined, {signal: invocation.signal});
		}
	}
}

export function sayOpen({name, image, openedAt, openedBy, holder}: OpenElsewhere): string {
	const inIt = holder && `; ${holder.actor} is working on it (process ${holder.pid} on ${holder.host})`;
	return `An incident of this registry is open: ${name} (${image}, opened by ${openedBy}, ${sayTime(openedAt)}${inIt ?? ''}).`;
}

export function alreadyOpen(open: OpenElsewhere): OperatorError {
	const {name, holder} = open;
	const goOn = holder
		? `\`regmedic export ${name}\` shows how it stands, and \`regmedic resume --take-over ${name}\` takes it over.`
		: `\`regmedic resume ${name}\` goes on with it.`;
	return new OperatorError('incident.open', sayOpen(open), {
		hint: `${goOn} --another opens a second incident of the registry.`,
		exit: 'locked',
	});
}
