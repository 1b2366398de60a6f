import {type CollectionDryRun, parseDryRun, withoutUntagged} from '../../domain/audit/collection-dry-run.ts';
import {foresee, type Preflight} from '../../domain/audit/preflight.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import type {Storage} from '../../engine/ports/storage.ts';

/** @throws OperatorError audit.no-collect | audit.not-a-rehearsal */
export function dryRunOf(command: string | undefined): CollectionDryRun {
	if (command === undefined) {
		throw new OperatorError(
			'audit.no-collect',
			'No command given for a dry run of the registry’s garbage collection.',
			{
				hint: 'Write --collect, or storage.collect: "docker exec registry registry garbage-collect --dry-run -m /etc/docker/registry/config.yml".',
				exit: 'configuration',
			},
		);
	}

	return parseDryRun(command);
}

/**
 * Runs the collection dry as it is written and, where it has -m, also without: the difference is what leaving -m out saves.
 * @throws OperatorError audit.no-storage | storage.*
 */
export async function runPreflight(
	dryRun: CollectionDryRun,
	storage: Storage | undefined,
	{role, signal}: {role: RegistryRole; signal: AbortSignal},
): Promise<Preflight[]> {
	if (storage === undefined) {
		throw new OperatorError('audit.no-storage', 'The preflight needs the registry’s storage.', {
			hint: 'Add storage: {ssh: HOST, root: DIR} to the registry’s configuration.',
			exit: 'configuration',
		});
	}

	const tagged = withoutUntagged(dryRun);
	const commands = tagged === undefined ? [dryRun] : [dryRun, tagged];
	const reports = [];
	for (const command of commands) {
		reports.push({command, report: await storage.dryRunCollection(command, {signal})});
	}

	const listing = await storage.list({signal});
	return reports.map(({command, report}) => foresee({command, report}, listing, role));
}
