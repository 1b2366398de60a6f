import {OperatorError} from '../../domain/errors.ts';
import {agreeTakeOver} from '../../incidents/agree-take-over.ts';
import {leadIncident} from '../../incidents/lead-incident.ts';
import {lookUpIncident} from '../../incidents/start-incident.ts';
import type {Invocation} from '../../invocation.ts';

export type ResumeOptions = {takeOver?: boolean; auto?: boolean; speed: number};

/** `regmedic resume [INCIDENT]`: goes on with what a process left or lost. */
export async function resume(
	wanted: string | undefined,
	{takeOver = false, auto = false, speed}: ResumeOptions,
	invocation: Invocation,
): Promise<number> {
	const known = await lookUpIncident(invocation, wanted);
	const {found, incident, sealed} = known;
	const {phase, drill} = incident;
	// One that is closed and not sealed died in between: it is sealed now.
	if (phase.is === 'stopped' && sealed) {
		throw new OperatorError('incident.closed', `${found.name} is closed: ${phase.say}`, {
			hint: `Read it with \`regmedic export ${found.name}\`.`,
			exit: 'usage',
		});
	}

	if (takeOver) {
		await agreeTakeOver(found.folder, invocation);
	}

	const alone = auto || !invocation.terminal.interactive;
	return leadIncident({
		invocation,
		// Only a rehearsal answers for itself.
		autopilot: drill !== undefined && alone,
		opening: {title: `Resuming ${found.name}`, story: '', drill: drill !== undefined},
		begin: async () =>
			(await import('../../incidents/resume-incident.ts')).beginAgain(invocation, known, {
				pace: alone ? 'auto' : 'person',
				takeOver,
				speed,
			}),
	});
}
