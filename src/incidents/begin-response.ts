import {formatReference, type ImageReference} from '../domain/image/reference.ts';
import type {Invocation} from '../invocation.ts';
import {openPorts} from '../wiring/open-ports.ts';
import {surroundingsOf} from '../wiring/surroundings.ts';
import type {OpenIncident} from './lead-incident.ts';
import {openedIncident} from './opened-incident.ts';
import {loadRunbook} from './runbooks.ts';
import {nameIncident, startIncident} from './start-incident.ts';

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
