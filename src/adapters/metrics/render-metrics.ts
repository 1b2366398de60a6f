import {Gauge, Registry} from 'prom-client';
import type {Metric} from '../../domain/probe/metrics.ts';

/** The text format that Prometheus, node_exporter and the Pushgateway read. Label values from outside are escaped. */
export async function renderMetrics(metrics: readonly Metric[]): Promise<string> {
	const registry = new Registry();

	for (const {name, help, samples} of metrics) {
		const labelNames = [...new Set(samples.flatMap(({labels}) => Object.keys(labels)))];
		const gauge = new Gauge({name, help, labelNames, registers: [registry]});
		for (const {labels, value} of samples) {
			gauge.set(labels, value);
		}
	}

	return registry.metrics();
}
