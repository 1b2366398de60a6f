import type {Invocation} from '../commands/invocation.ts';
import {formatReference, type ImageReference, shortName} from '../domain/reference.ts';
import type {OpenIncident} from './lead-incident.ts';
import {openPorts} from './open-ports.ts';
import {loadRunbook} from './runbooks.ts';
import {nameIncident, startIncident} from './start-incident.ts';
import {surroundingsOf} from './surroundings.ts';

export type NewResponse = {
	runbook: string;
	reference: ImageReference;
	pace: 'person' | 'auto';
	dryRun: boolean;
	plainHttp?: boolean;
};

/** Opens a real incident. */
export async function beginResponse(
	invocation: Invocation,
	{runbook: wanted, reference, pace, dryRun, plainHttp}: NewResponse,
): Promise<OpenIncident> {
	const runbook = await loadRunbook(invocation.home, invocation.folder, wanted);
	const {ports, settings, close} = openPorts(
		reference,
		await surroundingsOf(invocation, plainHttp === undefined ? {} : {plainHttp}),
	);
	const name = nameIncident(runbook.name, ports.clock.now());

	try {
		const inputs = {image: formatReference(reference)};
		const {session, journal} = await startIncident({invocation, name, runbook, inputs, settings, ports, pace, dryRun});
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
