import {openDrill} from '../composition/open-drill.ts';
import {openPorts} from '../composition/open-ports.ts';
import {runIncident} from '../composition/run-incident.ts';
import {loadRunbook} from '../composition/runbooks.ts';
import {incidentFolder, nameIncident, startIncident} from '../composition/start-incident.ts';
import {parseReference, shortName} from '../domain/reference.ts';
import {findScenario, listScenarios} from '../drills/scenarios/index.ts';
import type {Invocation} from './invocation.ts';

export type DrillOptions = {seed: number; auto?: boolean; list?: boolean; speed: number};

/** `regmedic drill [SCENARIO]`: a rehearsal on simulators that listen on loopback and live in the drill's folder. */
export async function drill(name: string, options: DrillOptions, invocation: Invocation): Promise<number> {
	if (options.list) {
		for (const {name: scenario, title} of listScenarios()) {
			invocation.print(`${scenario.padEnd(24)} ${title}\n`);
		}

		return 0;
	}

	const scenario = findScenario(name);
	const runbook = await loadRunbook(invocation.home, invocation.folder, 'orphan-index');
	const incident = nameIncident(runbook.name, new Date());
	const {seed, speed} = options;
	const {world, surroundings} = await openDrill({
		folder: incidentFolder(invocation, incident, true),
		scenario: scenario.name,
		seed,
		speed,
	});
	const reference = parseReference(world.image);
	const {ports, settings, close} = openPorts(reference, surroundings);
	const autopilot = options.auto === true || !invocation.terminal.interactive;

	try {
		if (!invocation.terminal.interactive || invocation.flags.plain) {
			invocation.print(`REHEARSAL: ${scenario.title}\n${scenario.story}\n\n`);
		}

		const {session, journal} = await startIncident({
			invocation,
			name: incident,
			runbook,
			inputs: {image: world.image},
			settings,
			ports,
			pace: autopilot ? 'auto' : 'person',
			dryRun: false,
			drill: {scenario: scenario.name, seed},
		});
		return await runIncident({
			invocation,
			session,
			journal,
			image: shortName(reference),
			autopilot,
			resumeCommand: `regmedic resume ${incident}`,
		}).finally(() => journal.close());
	} finally {
		await close();
		await world.close();
	}
}
