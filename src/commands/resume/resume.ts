import {OperatorError} from '../../domain/errors.ts';
import {confirmTakeOver} from '../../incidents/ask.ts';
import {readIncident} from '../../incidents/find.ts';
import {leadIncident} from '../../incidents/lead.ts';
import type {Invocation} from '../../invocation.ts';

type ResumeOptions = {takeOver?: boolean; auto?: boolean; speed: number};

/** `regmedic resume [INCIDENT]`: continues an incident that a process left or lost. */
export async function resume(
	wanted: string | undefined,
	{takeOver = false, auto = false, speed}: ResumeOptions,
	invocation: Invocation,
): Promise<number> {
	const recorded = await readIncident(invocation, wanted);
	const {found, incident, sealed} = recorded;
	const {phase, drill} = incident;
	// Closed but not sealed: the process died in between, and the journal is sealed now.
	if (phase.kind === 'stopped' && sealed) {
		throw new OperatorError('incident.closed', `${found.name} is closed: ${phase.say}`, {
			hint: `Read it with \`regmedic export ${found.name}\`.`,
			exit: 'usage',
		});
	}

	if (takeOver) {
		await confirmTakeOver(found.folder, invocation);
	}

	const unattended = auto || !invocation.terminal.interactive;
	return leadIncident({
		invocation,
		// Only a drill answers by itself.
		autopilot: drill !== undefined && unattended,
		intro: {title: `Resuming ${found.name}`, story: '', drill: drill !== undefined},
		begin: async () =>
			(await import('../../incidents/resume.ts')).resumeIncident(invocation, recorded, {
				pace: unattended ? 'auto' : 'person',
				takeOver,
				speed,
			}),
	});
}
