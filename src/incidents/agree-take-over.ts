import {holderOf} from '../adapters/journal/lock.ts';
import {isAlive} from '../adapters/journal/lock-holder.ts';
import {OperatorError} from '../domain/errors.ts';
import type {Invocation} from '../invocation.ts';
import {askTakeOver} from '../plain/session/ask-before-session.ts';
import {askAtTerminal} from './ask-at-terminal.ts';

/**
 * Nobody's incident is taken by a slip of the hand: at a terminal the holder is named and the person asked. Without one the
 * flag is the answer.
 * @throws OperatorError incident.locked: the person would rather not
 */
export async function agreeTakeOver(folder: string, invocation: Invocation): Promise<void> {
	const holder = await holderOf(folder);
	if (!invocation.terminal.interactive || holder === undefined || !isAlive(holder, invocation.processes)) {
		return;
	}

	const isMeant = await askAtTerminal(invocation, (lines, means) => askTakeOver(holder, lines, means));
	if (!isMeant) {
		throw new OperatorError('incident.locked', `It stays with ${holder.actor}. Nothing was changed.`, {
			hint: '`regmedic export` shows how the incident stands.',
			exit: 'locked',
		});
	}
}
