import type {CollectionDryRun} from '../../../domain/audit/collection-dry-run.ts';
import {
	type CollectionReport,
	collectionFailure,
	openCollectionReport,
} from '../../../domain/audit/collection-report.ts';
import type {Redact} from '../../../domain/text/redaction.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';

const dryRunTimeoutMs = 30 * 60_000;

/**
 * Runs the registry's own garbage collection as a dry run, and keeps what it would delete, not what it prints about
 * every blob. A dry run that fails is reported with its words.
 */
export async function dryRunCollection({
	shell,
	command,
	redact,
	signal,
}: Waiting & {shell: Shell; command: CollectionDryRun; redact: Redact}): Promise<CollectionReport> {
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

	const report = reading.report();
	return exitCode === 0
		? report
		: {
				...report,
				complete: false,
				failure: collectionFailure({exitCode, stderr: redact(stderr, {before: true})}, {place: shell.place, command}),
			};
}
