import * as v from 'valibot';
import {type Configuration, registryFor} from '../configuration.ts';
import {OperatorError} from '../errors.ts';
import {isRepositoryName, isTag, parseReference} from '../image/reference.ts';
import {type AlertTarget, sayTarget} from './target.ts';

/**
 * What Alertmanager sends to a webhook, as far as it is used. Grafana sends the same fields.
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
const schema = v.object({
	alerts: v.array(v.object({status: v.string(), labels: v.optional(v.record(v.string(), v.string()), {})})),
	/** How many more there are than `max_alerts` of the receiver lets through. */
	truncatedAlerts: v.optional(v.number(), 0),
});

/** What fires now, and how many alerts were cut off. */
type Alerts = {firing: Record<string, string>[]; truncated: number};

/** @throws OperatorError alert.invalid: it is no such message, with the first reason */
export function parseAlerts(source: string, file: string): Alerts {
	let json: unknown;
	try {
		json = JSON.parse(source);
	} catch {
		throw notAnAlert(file, 'It is not JSON.');
	}

	const parsed = v.safeParse(schema, json);
	if (!parsed.success) {
		const [issue] = parsed.issues;
		throw notAnAlert(file, `${v.getDotPath(issue) ?? 'The document'}: ${issue.message}`);
	}

	const {alerts, truncatedAlerts} = parsed.output;
	return {
		firing: alerts.filter(({status}) => status === 'firing').map(({labels}) => labels),
		truncated: truncatedAlerts,
	};
}

function notAnAlert(file: string, reason: string): OperatorError {
	return new OperatorError('alert.invalid', `${file} is not an alert of Alertmanager. ${reason}`, {
		hint: 'Give the JSON that Alertmanager or Grafana sends to a webhook: {"alerts": [{"status": "firing", "labels": {…}}]}.',
		exit: 'usage',
	});
}

/**
 * What the firing alerts are about, each once: the label `instance` is a host or a URL, `repository` and `tag` name the image. A
 * registry is left out where an alert names an image of it. What is no host, name or tag counts for nothing.
 */
export function targetsOf({firing}: Alerts, configuration: Configuration): AlertTarget[] {
	const targets = new Map<string, AlertTarget>();
	for (const labels of firing) {
		const target = targetOf(labels, configuration);
		if (target !== undefined) {
			targets.set(sayTarget(target), target);
		}
	}

	const all = [...targets.values()];
	const hasImage = (registry: string) => all.some(target => target.kind === 'image' && target.registry === registry);
	return all.filter(target => target.kind === 'image' || !hasImage(target.registry));
}

function targetOf(
	{instance = '', repository = '', tag = ''}: Record<string, string>,
	configuration: Configuration,
): AlertTarget | undefined {
	const host = hostOf(instance);
	const known = registryFor(configuration, host);
	if (!isRepositoryName(repository) || !isTag(tag)) {
		return known && {kind: 'registry', registry: known.name};
	}

	try {
		const image = parseReference(`${host}/${repository}:${tag}`);
		return {kind: 'image', image, registry: known?.name};
	} catch {
		return undefined;
	}
}

/** A blackbox probe has a whole URL as its instance. */
function hostOf(instance: string): string {
	return (/^https?:\/\//i.test(instance) && URL.canParse(instance) ? new URL(instance).host : instance).toLowerCase();
}
