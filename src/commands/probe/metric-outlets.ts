import path from 'node:path';
import {parsePushUrl} from '../../adapters/metrics/push-address.ts';
import {pushMetrics} from '../../adapters/metrics/pushgateway.ts';
import {renderMetrics} from '../../adapters/metrics/render-metrics.ts';
import {checkTextfileName, writeTextfile} from '../../adapters/metrics/textfile.ts';
import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import type {Metric} from '../../domain/probe/metrics.ts';
import type {Invocation} from '../../invocation.ts';

export type OutletOptions = {push?: string; metricsFile?: string; job: string};

/** The measurements of one run. */
type Measured = {
	metrics: Metric[];
	labels: Record<string, string>;
	/** Metrics that this run could not measure keep the values of an earlier run. */
	keepsRest: boolean;
};

/** Writes and pushes the metrics. @returns the failures: one outlet that fails does not keep the others from working */
type Outlets = (measured: Measured) => Promise<OperatorError[]>;

/**
 * Checks the options before the run: a typing mistake should not be found after an hour.
 * @throws OperatorError usage.push-url | usage.metrics-file | usage.push-job
 */
export function openOutlets({push, metricsFile, job}: OutletOptions, invocation: Invocation): Outlets {
	const url = push === undefined ? undefined : parsePushUrl(push);
	const credentials = credentialsIn(invocation);
	const file = metricsFile === undefined || metricsFile === '-' ? undefined : metricsFile;
	if (file !== undefined) {
		checkTextfileName(file);
	}

	if (job === '') {
		throw new OperatorError('usage.push-job', 'The job has no name.', {hint: 'Leave --job out.', exit: 'usage'});
	}

	return async ({metrics, labels, keepsRest}) => {
		if (metricsFile === '-') {
			invocation.print(await renderMetrics(metrics));
		}

		const written = await Promise.allSettled([
			file && writeTextfile(metrics, {file: path.resolve(invocation.folder, file), labels, keepsRest}),
			url &&
				pushMetrics(metrics, {
					url,
					job,
					labels,
					keepsRest,
					credentials,
					redact: invocation.redaction.redact,
					signal: invocation.signal,
				}),
		]);
		invocation.signal.throwIfAborted();
		return written.flatMap(each => (each.status === 'rejected' ? asOperatorError(each.reason) : []));
	};
}

function credentialsIn({environment, redaction}: Invocation): {username: string; password: string} | undefined {
	const {PUSHGATEWAY_USER: username = '', PUSHGATEWAY_PASSWORD: password = ''} = environment;
	redaction.add(password, username);
	return username === '' && password === '' ? undefined : {username, password};
}
