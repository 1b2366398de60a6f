import {openJournal} from '../adapters/journal/journal.ts';
import {lockFolder} from '../adapters/journal/lock.ts';
import {actions} from '../engine/actions/index.ts';
import {resumeSession} from '../engine/session/session.ts';
import type {Invocation} from '../invocation.ts';
import {openPorts} from '../wiring/ports.ts';
import {readSetup} from '../wiring/setup.ts';
import {openDrill} from './drill.ts';
import type {RecordedIncident} from './find.ts';
import {keptSources} from './kept.ts';
import {type OpenIncident, openIncident, stampBy} from './start.ts';

export type ResumeOptions = {
	pace: 'person' | 'auto';
	takeOver: boolean;
	/** Of a drill's builds. */
	speed: number;
};

/** Continues an incident that a process left or lost. The world of a drill is opened again, on the ports it had. */
export async function resumeIncident(
	invocation: Invocation,
	{found: {name, folder}, incident: {drill, image, settings, opening}}: RecordedIncident,
	{pace, takeOver, speed}: ResumeOptions,
): Promise<OpenIncident> {
	const {actor, processes} = invocation;
	// Says who holds the drill: its world could only say that its ports are taken.
	if (drill && !takeOver) {
		await (await lockFolder(folder, invocation)).release();
	}

	const world = drill && (await openDrill({...drill, folder, speed}, invocation));
	const {ports, close} = openPorts(
		image,
		world?.setup ?? (await readSetup(invocation, settings)),
		await keptSources(opening.inputs, image, invocation),
	);

	return openIncident({
		name,
		reference: image,
		async begin() {
			const journal = await openJournal({folder, actor, processes, stamp: stampBy(ports), takeOver});
			const session = await resumeSession({journal, ports, actions, actor, pace});
			return {session, journal};
		},
		async close() {
			await close();
			await world?.world.close();
		},
	});
}
