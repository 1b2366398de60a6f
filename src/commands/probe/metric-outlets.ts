import path from 'node:path';
import {parsePushUrl} from '../../adapters/metrics/push-address.ts';
import {pushMetrics} from '../../adapters/metrics/pushgateway.ts';
import {renderMetrics} from '../../adapters/metrics/render-metrics.ts';
import {checkTextfileName, writeTextfile} from '../../adapters/metrics/textfile.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Metric} from '../../domain/probe/metric.ts';
import type {Invocation} from '../../invocation.ts';

export type OutletOptions = {push?: string; metricsFile?: string; job: string};

/** Of one run. */
export type Measured = {
	metrics: Metric[];
	labels: Record<string, string>;
	/** What the run could not say stays as an earlier run said it. */
	keepsRest: boolean;
};

/** Where metrics go. @returns what went wrong, each: one outlet that fails does not keep the others from being told */
export type Outlets = (measured: Measured) => Promise<OperatorError[]>;

/**
 * Checked before the run: a typing mistake should not be found after an hour.
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

		const told = await Promise.allSettled([
			file && writeTextfile(metrics, {file: path.resolve(invocation.folder, file), labels, keepsRest}),
			url && pushMetrics(metrics, {url, job, labels, keepsRest, credentials, signal: invocation.signal}),
		]);
		invocation.signal.throwIfAborted();
		return told.flatMap(each => (each.status === 'rejected' ? asOperatorError(each.reason) : []));
	};
}

function credentialsIn({environment, redaction}: Invocation): {username: string; password: string} | undefined {
	const {PUSHGATEWAY_USER: username = '', PUSHGATEWAY_PASSWORD: password = ''} = environment;
	redaction.add(password, username);
	return username === '' && password === '' ? undefined : {username, password};
}

function asOperatorError(error: unknown): OperatorError {
	if (error instanceof OperatorError) {
		return error;
	}

	throw error;
}
