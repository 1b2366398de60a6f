import {openDrill} from '../composition/open-drill.ts';
import {openPorts} from '../composition/open-ports.ts';
import {runIncident} from '../composition/run-incident.ts';
import {continueIncident, lookUpIncident} from '../composition/start-incident.ts';
import {surroundingsOf} from '../composition/surroundings.ts';
import {OperatorError} from '../domain/errors.ts';
import {parseReference, shortName} from '../domain/reference.ts';
import type {Invocation} from './invocation.ts';

export type ResumeOptions = {takeOver?: boolean; auto?: boolean; speed: number};

/** `regmedic resume [INCIDENT]`: goes on with what a process left or lost; a drill's world is opened again with it. */
export async function resume(
	wanted: string | undefined,
	options: ResumeOptions,
	invocation: Invocation,
): Promise<number> {
	const {found, incident} = await lookUpIncident(invocation, wanted);
	const {phase, drill, inputs} = incident;
	if (phase.is === 'stopped' && phase.closed) {
		throw new OperatorError('incident.closed', `${found.name} is closed: ${phase.say}`, {
			hint: `Read it with \`regmedic export ${found.name}\`.`,
			exit: 'usage',
		});
	}

	const reference = parseReference(String(inputs.image));
	const opened =
		drill &&
		(await openDrill({folder: found.folder, scenario: drill.scenario, seed: drill.seed, speed: options.speed}));
	const {ports, close} = openPorts(reference, opened?.surroundings ?? (await surroundingsOf(invocation)));
	const autopilot = drill !== undefined && (options.auto === true || !invocation.terminal.interactive);
	const pace = options.auto || !invocation.terminal.interactive ? 'auto' : 'person';

	try {
		const {session, journal} = await continueIncident(invocation, found, {
			ports,
			pace,
			takeOver: options.takeOver ?? false,
		});
		const resumeCommand = `regmedic resume ${found.name}`;
		return await runIncident({
			invocation,
			session,
			journal,
			image: shortName(reference),
			autopilot,
			resumeCommand,
		}).finally(() => journal.close());
	} finally {
		await close();
		await opened?.world.close();
	}
}
