import {type Configuration, registryAt} from '../configuration.ts';
import {OperatorError} from '../errors.ts';
import {parseAlerts, targetsOf} from './alert.ts';
import type {Meaning} from './sentences.ts';
import type {AlertTarget} from './target.ts';
import {readWords} from './words.ts';
import {targetsOfWords} from './words-target.ts';

/** What an alert is about. `more`: how many alerts were cut off. `meanings`: of a text, what its sentences show. */
type ReadAlert = {targets: AlertTarget[]; more: number; meanings: Meaning[]};

/**
 * Reads the JSON of a webhook, or any text: a pasted error, the log of a CI.
 * @param file for messages
 * @throws OperatorError alert.invalid | alert.none-firing | alert.no-registry
 */
export function readAlert(source: string, file: string, configuration: Configuration): ReadAlert {
	if (isWebhook(source)) {
		const alerts = parseAlerts(source, file);
		const targets = targetsOf(alerts, configuration);
		if (alerts.firing.length === 0) {
			throw new OperatorError('alert.none-firing', 'No alert of this message fires any more.', {
				hint: 'Look for yourself: regmedic probe REGISTRY.',
				exit: 'usage',
			});
		}

		return {targets: orNothing(targets, labelsHint), more: alerts.truncated, meanings: []};
	}

	const words = readWords(source, host => registryAt(host, configuration) !== undefined);
	return {targets: orNothing(targetsOfWords(words, configuration), wordsHint), more: 0, meanings: words.meanings};
}

const labelsHint =
	'The label `instance` has to be the host of a configured URL; `repository` and `tag` name the image. Or write --image or --registry.';
const wordsHint =
	'Paste the lines that name it, with its host, or the JSON that Alertmanager sends to a webhook. Or write --image or --registry.';

function orNothing(targets: AlertTarget[], hint: string): AlertTarget[] {
	if (targets.length > 0) {
		return targets;
	}

	const message =
		hint === labelsHint
			? 'No alert names a configured registry, or an image.'
			: 'The text names no image, and no configured registry.';
	throw new OperatorError('alert.no-registry', message, {hint, exit: 'usage'});
}

/** Other JSON is read as text: what `kubectl` or a CI prints. */
function isWebhook(source: string): boolean {
	try {
		const json: unknown = JSON.parse(source);
		return typeof json === 'object' && json !== null && 'alerts' in json;
	} catch {
		return false;
	}
}
