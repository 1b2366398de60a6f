import {readRegularText} from '../../adapters/configuration/regular-file.ts';
import {probeHazards} from '../../domain/audit/hazards/stale-probe.ts';
import {OperatorError} from '../../domain/errors.ts';
import {systemClock} from '../../wiring/setup.ts';
import type {AuditTarget} from '../storage-target.ts';
import {type Found, orUnseen} from './or-unseen.ts';

export type ProbeMetricsOptions = {pushgateway?: string; metricsFile?: string};

const metricsTimeoutMs = 10_000;
const mostCharacters = 16 * 1024 * 1024;

/** The part of an audit that sees whether the probe still runs. */
export async function auditProbe(
	registry: AuditTarget['registry'],
	{pushgateway, metricsFile}: ProbeMetricsOptions,
	signal: AbortSignal,
): Promise<Found> {
	const source = pushgateway ?? metricsFile;
	if (source === undefined || registry === undefined) {
		const why = registry === undefined ? 'no registry was given' : 'neither --pushgateway nor --metrics-file was given';
		return {unseen: [{what: 'the probe’s metrics', why, ...(source === undefined ? {optional: true} : {})}]};
	}

	const {name, configuration} = registry;
	const found = await orUnseen('the probe’s metrics', async () => ({metrics: await readMetrics(source, signal)}));
	const instances = [new URL(configuration.url).host, name];
	return 'unseen' in found
		? found
		: {risks: probeHazards(found.metrics, {where: source, instances, now: systemClock.now().getTime() / 1000})};
}

/**
 * The metrics that the probe pushed or wrote.
 * @param source the URL of a Pushgateway, or a file
 * @throws OperatorError audit.metrics
 */
export async function readMetrics(source: string, signal: AbortSignal): Promise<string> {
	try {
		return /^https?:\/\//.test(source) ? await download(source, signal) : await readRegularText(source);
	} catch (error) {
		signal.throwIfAborted();
		throw new OperatorError('audit.metrics', `The probe’s metrics in ${source} cannot be read: ${reasonOf(error)}.`, {
			hint: 'Name a Pushgateway with --pushgateway URL, or the file that `regmedic probe --metrics-file` writes.',
			exit: 'unreachable',
			cause: error,
		});
	}
}

async function download(gateway: string, signal: AbortSignal): Promise<string> {
	const response = await fetch(`${gateway.replace(/\/+$/, '')}/metrics`, {
		signal: AbortSignal.any([signal, AbortSignal.timeout(metricsTimeoutMs)]),
		redirect: 'error',
	});
	if (!response.ok) {
		await response.body?.cancel();
		throw new Error(`the response is ${response.status}`);
	}

	const decoder = new TextDecoder();
	let text = '';
	for await (const chunk of response.body ?? []) {
		text += decoder.decode(chunk, {stream: true});
		if (text.length > mostCharacters) {
			throw new Error('the response is larger than 16 MiB');
		}
	}

	return text;
}

/** The cause of a failed fetch names the error; its message only says that it failed. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) {
		return String(error);
	}

	return error.cause instanceof Error ? error.cause.message : error.message;
}
