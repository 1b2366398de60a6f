import {type CollectionReport, openCollectionReport} from '../../../domain/audit/commands/collection-report.ts';
import type {Rehearsal} from '../../../domain/audit/commands/rehearsal.ts';
import {OperatorError} from '../../../domain/errors.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';

const rehearsalTimeoutMs = 30 * 60_000;
const mostWords = 500;

/**
 * Runs the registry's own dry garbage collection and keeps what it would remove, not what it says of every blob.
 * @throws OperatorError audit.rehearsal-failed
 */
export async function rehearse({
	shell,
	command,
	signal,
}: Waiting & {shell: Shell; command: Rehearsal}): Promise<CollectionReport> {
	const reading = openCollectionReport();
	const decoder = new TextDecoder();
	let rest = '';

	const {exitCode, stderr} = await shell.run(
		{
			kind: 'read',
			script: command,
			timeoutMs: rehearsalTimeoutMs,
			onOutput(chunk) {
				const lines = `${rest}${decoder.decode(chunk, {stream: true})}`.split('\n');
				rest = lines.pop()!;
				for (const line of lines) {
					reading.line(line);
				}
			},
		},
		{signal},
	);
	reading.line(rest);

	if (exitCode !== 0) {
		const said = stderr.trim().slice(-mostWords);
		throw new OperatorError(
			'audit.rehearsal-failed',
			`The dry collection on ${shell.place} ends with exit ${exitCode}: ${said || 'it says nothing'}`,
			{
				hint: `Run it there by hand: ${command}`,
				exit: 'failed',
			},
		);
	}

	return reading.report();
}
