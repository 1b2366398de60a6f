import {type CollectionDryRun, parseDryRun, withoutUntagged} from '../../domain/audit/collection-dry-run.ts';
import type {CollectionFailure, CollectionReport} from '../../domain/audit/collection-report.ts';
import {failedPreflight, foresee, type Preflight} from '../../domain/audit/preflight.ts';
import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import type {WalkRules} from '../../domain/storage/walk/walk-manifest.ts';
import type {Storage} from '../../engine/ports/storage.ts';

/** @throws OperatorError audit.no-collect | audit.not-a-rehearsal | audit.no-storage */
export function preflightOf(
	command: string | undefined,
	storage: Storage | undefined,
): {dryRun: CollectionDryRun; storage: Storage} {
	if (storage === undefined) {
		throw new OperatorError('audit.no-storage', 'The preflight needs the registry’s storage.', {
			hint: 'Add storage: {ssh: HOST, root: DIR} to the registry’s configuration.',
			exit: 'configuration',
		});
	}

	if (command === undefined) {
		throw new OperatorError(
			'audit.no-collect',
			'No command given for a dry run of the registry’s garbage collection.',
			{
				hint: 'Write --collect, or storage.collect: "docker exec registry registry garbage-collect --dry-run -m /etc/docker/registry/config.yml" (registry 3: /etc/distribution/config.yml).',
				exit: 'configuration',
			},
		);
	}

	return {dryRun: parseDryRun(command), storage};
}

/**
 * Runs the collection dry as it is written and, where it has -m, also without: the difference is what leaving -m out saves.
 * What fails does not hide what else the audit found: it is a preflight with its failure.
 */
export async function runPreflight(
	dryRun: CollectionDryRun,
	storage: Storage,
	{signal, ...rules}: WalkRules & {signal: AbortSignal},
): Promise<Preflight[]> {
	const tagged = withoutUntagged(dryRun);
	const commands = tagged === undefined ? [dryRun] : [dryRun, tagged];
	const reports: {command: CollectionDryRun; report: CollectionReport | CollectionFailure}[] = [];
	for (const command of commands) {
		reports.push({command, report: await orFailure(() => storage.dryRunCollection(command, {signal}), signal)});
	}

	const listing = await orFailure(() => storage.list({signal}), signal);
	return reports.map(({command, report}) =>
		'stage' in report
			? failedPreflight(command, report)
			: 'stage' in listing
				? failedPreflight(command, report.failure ?? listing)
				: foresee({command, report, untagged: withoutUntagged(command) !== undefined}, listing, rules),
	);
}

async function orFailure<Value>(read: () => Promise<Value>, signal: AbortSignal): Promise<Value | CollectionFailure> {
	try {
		return await read();
	} catch (error) {
		signal.throwIfAborted();
		const {code, message, hint} = asOperatorError(error);
		return {code, message, hint, stage: 'start'};
	}
}
