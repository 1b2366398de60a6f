import {readAlert} from '../../domain/alert/read-alert.ts';
import {type AlertTarget, sayTarget} from '../../domain/alert/target.ts';
import {formatReference} from '../../domain/image/reference.ts';
import {upperFirst} from '../../domain/text/wording.ts';
import {askForTarget} from '../../incidents/ask.ts';
import type {Invocation} from '../../invocation.ts';
import {readSetup} from '../../wiring/setup.ts';
import {namedText, nameOfText} from '../named-text.ts';

/**
 * What an alert is about, as the flags would name it. Its words tell where to look first, and nothing of what is found there. A host
 * that is not configured is contacted only after a person chose it.
 * @param file `-`: standard input
 * @throws OperatorError alert.*
 */
export async function fromAlert(file: string, invocation: Invocation): Promise<{image?: string; registry?: string}> {
	const {configuration} = await readSetup(invocation);
	const hint = 'Name a file with the JSON of the webhook, a log or an error of a client, or - for standard input.';
	const text = await namedText(file, {code: 'alert.unreadable', hint}, invocation);
	const {targets, more, meanings} = readAlert(text, upperFirst(nameOfText(file)), configuration);
	const [only, ...others] = targets;
	const isClear = only !== undefined && others.length === 0 && only.registry !== undefined;
	const target = isClear ? only : await askForTarget(targets, cutOff(more), invocation);
	invocation.talk(`The alert is about ${sayTarget(target)}.\n`);
	for (const {say, digest} of meanings) {
		invocation.talk(`Its words: ${say}${digest === undefined ? '' : ` It names ${digest}.`}\n`);
	}

	return asFlag(target);
}

function asFlag(target: AlertTarget): {image?: string; registry?: string} {
	return target.kind === 'image' ? {image: formatReference(target.image)} : {registry: target.registry};
}

function cutOff(more: number): string | undefined {
	return more > 0 ? `Alertmanager cut off ${more} more alerts (max_alerts).` : undefined;
}
