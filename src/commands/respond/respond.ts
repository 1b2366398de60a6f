import {defined} from '../../domain/defined.ts';
import {formatReference, parseReference} from '../../domain/image/reference.ts';
import {askForImage} from '../../incidents/ask.ts';
import {leadIncident} from '../../incidents/lead.ts';
import type {Invocation} from '../../invocation.ts';

type RespondOptions = {image?: string; dryRun?: boolean; auto?: boolean; plainHttp?: boolean; fillCache?: boolean};

/** `regmedic respond [RUNBOOK] --image REF`: leads through a real incident. */
export async function respond(
	runbook = 'orphan-index',
	{image, dryRun = false, auto, plainHttp, fillCache}: RespondOptions,
	invocation: Invocation,
): Promise<number> {
	const reference = image === undefined ? await askForImage(invocation) : parseReference(image);
	return leadIncident({
		invocation,
		autopilot: false,
		intro: {
			title: `Responding to ${formatReference(reference)}`,
			story: dryRun ? 'This is a dry run: changes are printed, and not made.' : '',
			drill: false,
		},
		begin: async () =>
			(await import('../../incidents/start.ts')).startIncident(invocation, {
				runbook,
				reference,
				dryRun,
				pace: auto || !invocation.terminal.interactive ? 'auto' : 'person',
				...defined({plainHttp, fillCache}),
			}),
	});
}
