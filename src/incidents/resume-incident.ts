import {lockFolder} from '../adapters/journal/lock.ts';
import {parseReference} from '../domain/image/reference.ts';
import type {Invocation} from '../invocation.ts';
import {openPorts} from '../wiring/open-ports.ts';
import {surroundingsOf} from '../wiring/surroundings.ts';
import type {OpenIncident} from './lead-incident.ts';
import {openDrill} from './open-drill.ts';
import {openedIncident} from './opened-incident.ts';
import {continueIncident, type KnownIncident} from './start-incident.ts';

/** Goes on with an incident; a drill's world is opened again, on the ports it had. */
export async function beginAgain(
	invocation: Invocation,
	{found, incident}: KnownIncident,
	options: {pace: 'person' | 'auto'; takeOver: boolean; speed: number},
): Promise<OpenIncident> {
	const {drill, inputs} = incident;
	// Its world would only say that its ports are taken.
	if (drill && !options.takeOver) {
		await (await lockFolder(found.folder, invocation)).release();
	}

	const reference = parseReference(String(inputs.image));
	const opened =
		drill &&
		(await openDrill({
			folder: found.folder,
			processes: invocation.processes,
			scenario: drill.scenario,
			seed: drill.seed,
			speed: options.speed,
		}));
	const surroundings = opened?.surroundings ?? (await surroundingsOf(invocation));
	const {ports, close} = openPorts(reference, {...surroundings, redaction: invocation.redaction});

	return openedIncident({
		name: found.name,
		reference,
		start: () => continueIncident(invocation, found, {ports, pace: options.pace, takeOver: options.takeOver}),
		async close() {
			await close();
			await opened?.world.close();
		},
	});
}
