import {readFile} from 'node:fs/promises';
import {OperatorError} from '../../domain/errors.ts';

const metricsTimeoutMs = 10_000;
const mostBytes = 16 * 1024 * 1024;

/** What the probe pushed or wrote. @throws OperatorError audit.metrics */
export async function readMetrics(where: string, signal: AbortSignal): Promise<string> {
	try {
		if (!/^https?:\/\//.test(where)) {
			return await readFile(where, 'utf8');
		}

		const answer = await fetch(`${where.replace(/\/+$/, '')}/metrics`, {
			signal: AbortSignal.any([signal, AbortSignal.timeout(metricsTimeoutMs)]),
			redirect: 'error',
		});
		if (!answer.ok) {
			await answer.body?.cancel();
			throw new Error(`it answers ${answer.status}`);
		}

		return await textOf(answer);
	} catch (error) {
		signal.throwIfAborted();
		const {message, cause} = error as Error;
		const why = cause instanceof Error ? cause.message : message;
		throw new OperatorError('audit.metrics', `The probe's metrics in ${where} cannot be read: ${why}.`, {
			hint: 'Name a Pushgateway with --pushgateway URL, or the file that `regmedic probe --metrics-file` writes.',
			exit: 'unreachable',
			cause: error,
		});
	}
}

async function textOf(answer: Response): Promise<string> {
	const decoder = new TextDecoder();
	let text = '';
	for await (const chunk of answer.body ?? []) {
		text += decoder.decode(chunk, {stream: true});
		if (text.length > mostBytes) {
			throw new Error('it says more than 16 MiB');
		}
	}

	return text;
}
