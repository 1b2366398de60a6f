import type {CollectionDryRun} from '../../../domain/audit/collection-dry-run.ts';
import {type CollectionReport, openCollectionReport} from '../../../domain/audit/preflight.ts';
import {OperatorError} from '../../../domain/errors.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';

const dryRunTimeoutMs = 30 * 60_000;
const longestErrorShown = 500;

/**
 * Runs the registry's own garbage collection as a dry run, and keeps what it would delete, not what it prints about
 * every blob.
 * @throws OperatorError audit.rehearsal-failed
 */
export async function dryRunCollection({
	shell,
	command,
	signal,
}: Waiting & {shell: Shell; command: CollectionDryRun}): Promise<CollectionReport> {
	const reading = openCollectionReport();
	const decoder = new TextDecoder();
	let rest = '';

	const {exitCode, stderr} = await shell.run(
		{
			kind: 'read',
			script: command,
			timeoutMs: dryRunTimeoutMs,
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
		const errors = stderr.trim().slice(-longestErrorShown) || 'it printed no error';
		throw new OperatorError(
			'audit.rehearsal-failed',
			`The dry garbage collection on ${shell.place} failed with exit ${exitCode}: ${errors}`,
			{hint: `Run it there by hand: ${command}`, exit: 'failed'},
		);
	}

	return reading.report();
}
