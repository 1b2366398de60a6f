import {setTimeout as pause} from 'node:timers/promises';
import {Agent, type Dispatcher} from 'undici';
import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Metric} from '../../domain/probe/metrics.ts';
import type {Redact} from '../../domain/text/redaction.ts';
import type {Credentials} from '../../engine/ports/secrets.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {groupPath} from './push-address.ts';
import {renderMetrics} from './render-metrics.ts';

const connectTimeoutMs = 5_000;
const tryTimeoutMs = 10_000;
const mostTries = 3;
const firstPauseMs = 500;
const longestReason = 500;
const longestRead = 64 * 1024;

export type Push = Waiting & {
	/** As parsePushUrl reads it. */
	url: URL;
	job: string;
	/** Together with the job, they name the group. */
	labels: Readonly<Record<string, string>>;
	/** Metrics of an earlier push that this one does not have are kept. */
	keepsRest: boolean;
	credentials?: Credentials | undefined;
	/** Hides secrets in what the Pushgateway sends, before that is cut. */
	redact?: Redact;
	sleep?: (milliseconds: number, waiting: Waiting) => Promise<void>;
};

/**
 * Pushes the metrics of one group: PUT replaces the group, POST only the metrics of the same names.
 * @throws OperatorError push.failed | push.rejected | push.unauthorized; with each of them the run has failed
 * @see prometheus/pushgateway README, "API"
 */
export async function pushMetrics(metrics: readonly Metric[], push: Push): Promise<void> {
	const {url, signal, sleep = wait} = push;
	const body = await renderMetrics(metrics);
	// Certificates are checked whatever NODE_TLS_REJECT_UNAUTHORIZED says.
	const agent = new Agent({connections: 1, connect: {timeout: connectTimeoutMs, rejectUnauthorized: true}});

	try {
		for (let failed = 0; ; failed++) {
			const failure = await attempt(agent, body, push);
			if (failure === undefined) {
				return;
			}

			if (!failure.transient || failed + 1 === mostTries) {
				throw failure;
			}

			await sleep(firstPauseMs * 2 ** failed, {signal});
		}
	} catch (error) {
		signal.throwIfAborted();
		throw error instanceof OperatorError ? error : unreachable(url, error);
	} finally {
		await agent.destroy();
	}
}

async function attempt(agent: Agent, body: string, push: Push): Promise<OperatorError | undefined> {
	const {url, job, labels, keepsRest, credentials, redact = text => text, signal} = push;
	let response: Dispatcher.ResponseData;
	let reason: string;

	try {
		response = await agent.request({
			origin: url.origin,
			path: `${url.pathname === '/' ? '' : url.pathname}/metrics${groupPath(job, labels)}`,
			method: keepsRest ? 'POST' : 'PUT',
			headers: {
				'content-type': 'text/plain; version=0.0.4; charset=utf-8',
				...defined({authorization: credentials && basic(credentials)}),
			},
			body,
			signal: AbortSignal.any([signal, AbortSignal.timeout(tryTimeoutMs)]),
		});
		reason = await reasonIn(response, redact);
	} catch (error) {
		signal.throwIfAborted();
		return unreachable(url, error);
	}

	const {statusCode: status} = response;
	return status === 200 || status === 202 ? undefined : refusal(url, status, reason, credentials !== undefined);
}

function refusal(url: URL, status: number, reason: string, hasCredentials: boolean): OperatorError {
	const because = reason === '' ? '' : `: ${reason}`;

	if (status === 401 || status === 403) {
		return new OperatorError('push.unauthorized', `The Pushgateway ${url.host} refused access (${status}).`, {
			hint: hasCredentials
				? 'Check PUSHGATEWAY_USER and PUSHGATEWAY_PASSWORD.'
				: 'Set PUSHGATEWAY_USER and PUSHGATEWAY_PASSWORD in the environment.',
			exit: 'failed',
		});
	}

	if (status === 429 || status >= 500) {
		return new OperatorError('push.failed', `The Pushgateway ${url.host} responded ${status}${because}.`, {
			hint: 'Check the Pushgateway and the proxy in front of it; then probe again.',
			exit: 'failed',
			transient: true,
		});
	}

	return new OperatorError('push.rejected', `The Pushgateway ${url.host} rejected the metrics (${status})${because}.`, {
		hint:
			status === 400
				? 'Another job may push the same metrics in another form: look at the web page of the Pushgateway.'
				: 'Check the address: does a Pushgateway listen there, and does it have a route prefix?',
		exit: 'failed',
	});
}

function unreachable(url: URL, cause: unknown): OperatorError {
	const {code, name} = cause as {code?: unknown; name?: unknown};
	const why = name === 'TimeoutError' ? 'no response in time' : typeof code === 'string' ? code : String(name);
	return new OperatorError('push.failed', `The metrics could not be pushed to ${url.host} (${why}).`, {
		hint: 'Monitoring does not see this run. Check that the Pushgateway is running and can be reached from here.',
		exit: 'failed',
		cause,
		transient: true,
	});
}

/** The reason that an error response gives, in one line; empty for a web page. */
async function reasonIn({statusCode, body}: Dispatcher.ResponseData, redact: Redact): Promise<string> {
	if (statusCode === 200 || statusCode === 202) {
		await body.dump();
		return '';
	}

	let text = '';
	for await (const chunk of body.setEncoding('utf8')) {
		text += chunk;
		if (text.length > longestRead) {
			break;
		}
	}

	const shown = redact(text, {after: text.length > longestRead})
		.replace(/\s+/g, ' ')
		.trim();
	return /^\s*</.test(text) ? '' : shown.slice(0, longestReason).replace(/\.$/, '');
}

function basic({username, password}: Credentials): string {
	return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function wait(milliseconds: number, {signal}: Waiting): Promise<void> {
	await pause(milliseconds, undefined, {signal});
}
