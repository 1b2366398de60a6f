import {metricNames} from '../../probe/metrics.ts';
import type {Hazard} from '../hazard.ts';

/** The same as in the alert RegistryIntegrityProbeStale. */
const staleAfterSeconds = 3600;

/** The newest run of the probe for this registry, in seconds since 1970; undefined: the metrics have none. */
export function lastProbe(text: string, instances: readonly string[]): number | undefined {
	const times = text.split('\n').flatMap(line => {
		const [, labels = '', value] = /^(?:\w+)(?:\{(.*)\})?\s+(\S+)(?:\s+\d+)?\s*$/.exec(line) ?? [];
		const instance = /(?:^|,)\s*instance="((?:[^"\\]|\\.)*)"/.exec(labels)?.[1];
		const isOurs =
			line.startsWith(metricNames.lastRun) && /^\S+?(?:\{|\s)/.exec(line)?.[0].slice(0, -1) === metricNames.lastRun;
		return isOurs && instance !== undefined && instances.includes(instance) && Number.isFinite(Number(value))
			? [Number(value)]
			: [];
	});
	return times.length === 0 ? undefined : Math.max(...times);
}

/**
 * A probe that does not run any more.
 * @param text metrics in the text format of Prometheus
 * @param options `where`: the Pushgateway's URL or the metrics file. `now`: seconds since 1970
 */
export function probeHazards(
	text: string,
	{where, instances, now}: {where: string; instances: readonly string[]; now: number},
): Hazard[] {
	const last = lastProbe(text, instances);
	if (last !== undefined && now - last <= staleAfterSeconds) {
		return [];
	}

	return [
		{
			kind: 'probe-silent',
			severity: 'worth-knowing',
			file: where,
			line:
				last === undefined
					? `no ${metricNames.lastRun} for ${instances.join(' or ')}`
					: `${metricNames.lastRun} ${last}: ${Math.round((now - last) / 60)} minutes ago`,
			why: 'The probe has not run lately: people will notice the next broken image before an alert does.',
			advice: 'Run `regmedic probe` every 15 minutes, and alert when it fails or stops running.',
		},
	];
}
