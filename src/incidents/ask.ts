import {createInterface} from 'node:readline';
import {holderOf} from '../adapters/journal/lock.ts';
import {isAlive} from '../adapters/journal/lock-holder.ts';
import {type AlertTarget, sayTarget} from '../domain/alert/target.ts';
import {OperatorError} from '../domain/errors.ts';
import {formatReference, type ImageReference} from '../domain/image/reference.ts';
import {visibleLine} from '../domain/text/visible.ts';
import {usualColumns} from '../domain/text/wrap.ts';
import type {Invocation} from '../invocation.ts';
import {fold} from '../plain/layout/fit.ts';
import {askImage, askOne, askResumeOrAnother, askTakeOver} from '../plain/session/ask-before-session.ts';
import {alreadyOpen, type OpenElsewhere, sayOpen} from './open-one.ts';

/**
 * Asks the person for the image, where the command line does not name it.
 * @throws OperatorError respond.no-image: there is no person at a terminal, or no image was given
 */
export async function askForImage(invocation: Invocation): Promise<ImageReference> {
	const image = invocation.terminal.interactive ? await askAtTerminal(invocation, askImage) : undefined;
	if (image !== undefined) {
		return image;
	}

	throw new OperatorError('respond.no-image', 'No image given.', {
		hint: 'Write --image HOST[:PORT]/REPOSITORY:TAG.',
		exit: 'usage',
	});
}

/**
 * Asks whether to go on with the open incident of the registry, or to open a second one.
 * @throws OperatorError incident.open: the person chose neither, or there is none at a terminal
 */
export async function askAboutOpen(open: OpenElsewhere, invocation: Invocation): Promise<'resume' | 'another'> {
	const answer = invocation.terminal.interactive
		? await askAtTerminal(invocation, (lines, means) => askResumeOrAnother(sayOpen(open), lines, means))
		: undefined;
	if (answer === undefined) {
		throw alreadyOpen(open);
	}

	return answer;
}

/**
 * Asks what an alert is to be responded to with, where it names several, or a host that is not configured.
 * @throws OperatorError alert.several: there is no person at a terminal, or none was chosen
 */
export async function askForTarget(
	targets: readonly AlertTarget[],
	more: string | undefined,
	invocation: Invocation,
): Promise<AlertTarget> {
	const names = targets.map(sayTarget);
	const question = ['What is this incident about?', ...(more === undefined ? [] : [more])].join(' ');
	const chosen = invocation.terminal.interactive
		? await askAtTerminal(invocation, (lines, means) => askOne(question, names, lines, means))
		: undefined;
	if (chosen !== undefined) {
		return targets[chosen]!;
	}

	const [only] = targets;
	const message =
		targets.length === 1
			? `The alert names ${names[0]}: it was not contacted.`
			: `The alert names several: ${names.map(visibleLine).join('; ')}.${more === undefined ? '' : ` ${more}`}`;
	throw new OperatorError('alert.several', message, {
		hint:
			only?.kind === 'image' ? `Choose one: --image ${formatReference(only.image)}` : 'Choose one: --registry NAME.',
		exit: 'usage',
	});
}

/**
 * An incident is not taken over by a slip of the hand: the person at a terminal sees who holds it and has to confirm.
 * Without a terminal, --take-over is enough.
 * @throws OperatorError incident.locked: the person did not confirm
 */
export async function confirmTakeOver(folder: string, invocation: Invocation): Promise<void> {
	const holder = await holderOf(folder);
	if (!invocation.terminal.interactive || holder === undefined || !isAlive(holder, invocation.processes)) {
		return;
	}

	const isMeant = await askAtTerminal(invocation, (lines, means) => askTakeOver(holder, lines, means));
	if (!isMeant) {
		throw new OperatorError('incident.locked', `${holder.actor} still holds the incident. Nothing was changed.`, {
			hint: '`regmedic export` shows how the incident stands.',
			exit: 'locked',
		});
	}
}

/** Asks in lines, before a screen opens. */
async function askAtTerminal<Answer>(
	{terminal, talk, signal}: Invocation,
	ask: (lines: AsyncIterable<string>, means: {say: (text: string) => void; signal: AbortSignal}) => Promise<Answer>,
): Promise<Answer> {
	const lines = createInterface({input: terminal.stdin, terminal: false});
	const say = (text: string) => talk(fold(text, terminal.stderr?.columns ?? usualColumns));
	const answer = await ask(lines, {say, signal}).finally(() => lines.close());
	signal.throwIfAborted();
	return answer;
}
