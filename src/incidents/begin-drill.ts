import {makeIncidentFolder} from '../adapters/journal/journal.ts';
import {parseReference} from '../domain/image/reference.ts';
import type {Invocation} from '../invocation.ts';
import {openPorts} from '../wiring/open-ports.ts';
import type {OpenIncident} from './lead-incident.ts';
import {openDrill} from './open-drill.ts';
import {openedIncident} from './opened-incident.ts';
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
	const {world, surroundings} = await openDrill({folder, processes: invocation.processes, scenario, seed, speed});
	const reference = parseReference(world.image);
	const {ports, settings, close} = openPorts(reference, {...surroundings, redaction: invocation.redaction});

	return openedIncident({
		name,
		reference,
		start: () =>
			startIncident({
				invocation,
				name,
				runbook,
				inputs: {image: world.image},
				settings,
				ports,
				pace,
				dryRun: false,
				drill: {scenario, seed},
			}),
		async close() {
			await close();
			await world.close();
		},
	});
}
