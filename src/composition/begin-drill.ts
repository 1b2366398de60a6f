import {makeIncidentFolder} from '../adapters/journal/file-journal.ts';
import type {Invocation} from '../commands/invocation.ts';
import {parseReference, shortName} from '../domain/reference.ts';
import type {OpenIncident} from './lead-incident.ts';
import {openDrill} from './open-drill.ts';
import {openPorts} from './open-ports.ts';
import {loadRunbook} from './runbooks.ts';
import {incidentFolder, nameIncident, startIncident} from './start-incident.ts';

export type NewDrill = {scenario: string; seed: number; speed: number; pace: 'person' | 'auto'};

/** Makes the rehearsal's world and opens its incident. */
export async function beginDrill(
	invocation: Invocation,
	{scenario, seed, speed, pace}: NewDrill,
): Promise<OpenIncident> {
	const runbook = await loadRunbook(invocation.home, invocation.folder, 'orphan-index');
	const name = nameIncident(runbook.name, new Date());
	const folder = incidentFolder(invocation, name, true);
	await makeIncidentFolder(folder);
	const {world, surroundings} = await openDrill({folder, scenario, seed, speed});
	const reference = parseReference(world.image);
	const {ports, settings, close} = openPorts(reference, {...surroundings, redaction: invocation.redaction});
	const closeAll = async () => {
		await close();
		await world.close();
	};

	try {
		const inputs = {image: world.image};
		const {session, journal} = await startIncident({
			invocation,
			name,
			runbook,
			inputs,
			settings,
			ports,
			pace,
			dryRun: false,
			drill: {scenario, seed},
		});
		return {
			session,
			journal,
			image: shortName(reference),
			resumeCommand: `regmedic resume ${name}`,
			async close() {
				await journal.close();
				await closeAll();
			},
		};
	} catch (error) {
		await closeAll();
		throw error;
	}
}
