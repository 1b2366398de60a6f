import {metricNames} from '../probe/metric.ts';
import type {Risk} from './risk.ts';

/** As the alert RegistryIntegrityProbeStale has it. */
const staleAfterSeconds = 3600;

/** The newest run of the probe for this registry, in seconds since 1970; undefined: none is told of. */
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
 * @param where the Pushgateway's URL or the file of metrics
 * @param now seconds since 1970
 */
export function probeRisks(text: string, where: string, instances: readonly string[], now: number): Risk[] {
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
			why: 'Nobody has looked for broken images lately: people will notice the next one before an alert does.',
			advice: 'Let `regmedic probe` run every 15 minutes, and alert when it fails or falls silent.',
		},
	];
}
