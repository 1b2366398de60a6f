import {formatReference, parseReference} from '../../domain/image/reference.ts';
import {leadIncident} from '../../incidents/lead-incident.ts';
import type {Invocation} from '../../invocation.ts';
import {wantedImage} from './wanted-image.ts';

export type RespondOptions = {image?: string; dryRun?: boolean; auto?: boolean; plainHttp?: boolean};

/** `regmedic respond [RUNBOOK] --image REF`: a real incident. */
export async function respond(
	runbook = 'orphan-index',
	{image, dryRun = false, auto, plainHttp}: RespondOptions,
	invocation: Invocation,
): Promise<number> {
	const reference = image === undefined ? await wantedImage(invocation) : parseReference(image);
	return leadIncident({
		invocation,
		autopilot: false,
		opening: {
			title: `Responding to ${formatReference(reference)}`,
			story: dryRun ? 'A dry run: changes are told, and not made.' : '',
			drill: false,
		},
		begin: async () =>
			(await import('../../incidents/begin-response.ts')).beginResponse(invocation, {
				runbook,
				reference,
				dryRun,
				pace: auto || !invocation.terminal.interactive ? 'auto' : 'person',
				...(plainHttp === undefined ? {} : {plainHttp}),
			}),
	});
}
