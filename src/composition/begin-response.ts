import type {Invocation} from '../commands/invocation.ts';
import {formatReference, type ImageReference} from '../domain/reference.ts';
import type {OpenIncident} from './lead-incident.ts';
import {openPorts} from './open-ports.ts';
import {openedIncident} from './opened-incident.ts';
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

	return openedIncident({
		name,
		reference,
		start: () =>
			startIncident({
				invocation,
				name,
				runbook,
				inputs: {image: formatReference(reference)},
				settings,
				ports,
				pace,
				dryRun,
			}),
		close,
	});
}
