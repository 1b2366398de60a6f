import path from 'node:path';
import {fileText, streamText, UnusableFile} from '../../adapters/configuration/file-text.ts';
import {type Alerts, parseAlerts, targetsOf} from '../../domain/alert/alert.ts';
import {type AlertTarget, sayTarget} from '../../domain/alert/target.ts';
import {OperatorError} from '../../domain/errors.ts';
import {formatReference} from '../../domain/image/reference.ts';
import {askForTarget} from '../../incidents/ask.ts';
import type {Invocation} from '../../invocation.ts';
import {readSetup} from '../../wiring/setup.ts';

/**
 * What an alert is about, as the flags would name it. Its words tell where to look first, and nothing of what is found there. A host
 * that is not configured is contacted only after a person chose it.
 * @param file `-`: standard input
 * @throws OperatorError alert.*
 */
export async function fromAlert(file: string, invocation: Invocation): Promise<{image?: string; registry?: string}> {
	const alerts = parseAlerts(await textOf(file, invocation), file === '-' ? 'Standard input' : file);
	const {configuration} = await readSetup(invocation);
	const targets = targetsOf(alerts, configuration);
	const [only, ...others] = targets;
	if (only === undefined) {
		throw nothingToRespondTo(alerts);
	}

	const isClear = others.length === 0 && only.registry !== undefined;
	const target = isClear ? only : await askForTarget(targets, cutOff(alerts), invocation);
	invocation.talk(`The alert is about ${sayTarget(target)}.\n`);
	return asFlag(target);
}

function asFlag(target: AlertTarget): {image?: string; registry?: string} {
	return target.kind === 'image' ? {image: formatReference(target.image)} : {registry: target.registry};
}

function cutOff({truncated}: Alerts): string | undefined {
	return truncated > 0 ? `Alertmanager cut off ${truncated} more alerts (max_alerts).` : undefined;
}

function nothingToRespondTo(alerts: Alerts): OperatorError {
	return alerts.firing.length === 0
		? new OperatorError('alert.none-firing', 'No alert of this message fires any more.', {
				hint: 'Look for yourself: regmedic probe REGISTRY.',
				exit: 'usage',
			})
		: new OperatorError('alert.no-registry', 'No alert names a configured registry, or an image.', {
				hint: 'The label `instance` has to be the host of a configured URL; `repository` and `tag` name the image. Or write --image or --registry.',
				exit: 'usage',
			});
}

async function textOf(file: string, {folder, terminal, signal}: Invocation): Promise<string> {
	try {
		return file === '-'
			? await streamText(terminal.stdin, {signal})
			: await fileText(path.resolve(folder, file), {named: true, signal});
	} catch (error) {
		signal.throwIfAborted();
		const reason = error instanceof UnusableFile ? error.message : (error as NodeJS.ErrnoException).code;
		throw new OperatorError('alert.unreadable', `Can't read ${file === '-' ? 'standard input' : file}: ${reason}.`, {
			hint: 'Name a file with the JSON of the webhook, or - for standard input.',
			exit: 'usage',
			cause: error,
		});
	}
}
