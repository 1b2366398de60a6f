import {openPorts} from '../composition/open-ports.ts';
import {runIncident} from '../composition/run-incident.ts';
import {loadRunbook} from '../composition/runbooks.ts';
import {nameIncident, startIncident} from '../composition/start-incident.ts';
import {surroundingsOf} from '../composition/surroundings.ts';
import {OperatorError} from '../domain/errors.ts';
import {formatReference, parseReference, shortName} from '../domain/reference.ts';
import type {Invocation} from './invocation.ts';

export type RespondOptions = {image?: string; dryRun?: boolean; auto?: boolean; plainHttp?: boolean};

/** `regmedic respond [RUNBOOK] --image REF`: a real incident. */
export async function respond(name: string, options: RespondOptions, invocation: Invocation): Promise<number> {
	const runbook = await loadRunbook(invocation.home, invocation.folder, name);
	if (options.image === undefined) {
		throw new OperatorError('respond.no-image', runbook.inputs.image?.prompt ?? 'Which image?', {
			hint: 'Write --image HOST/REPOSITORY:TAG.',
			exit: 'usage',
		});
	}

	const reference = parseReference(options.image);
	const {ports, settings, close} = openPorts(reference, await surroundingsOf(invocation, options));
	const incident = nameIncident(runbook.name, ports.clock.now());
	try {
		const {session, journal} = await startIncident({
			invocation,
			name: incident,
			runbook,
			inputs: {image: formatReference(reference)},
			settings,
			ports,
			pace: options.auto || !invocation.terminal.interactive ? 'auto' : 'person',
			dryRun: options.dryRun ?? false,
		});
		return await runIncident({
			invocation,
			session,
			journal,
			image: shortName(reference),
			autopilot: false,
			resumeCommand: `regmedic resume ${incident}`,
		}).finally(() => journal.close());
	} finally {
		await close();
	}
}
