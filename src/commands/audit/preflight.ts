import {parseRehearsal, type Rehearsal, withoutUntagged} from '../../domain/audit/commands/rehearsal.ts';
import {foresee, type Preflight} from '../../domain/audit/preflight.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {AuditPlace} from './audit-place.ts';

/** @throws OperatorError audit.no-collect | audit.not-a-rehearsal */
export function rehearsalOf(command: string | undefined): Rehearsal {
	if (command === undefined) {
		throw new OperatorError('audit.no-collect', 'Nothing says how the registry’s garbage collection is rehearsed.', {
			hint: 'Write --collect, or storage.collect: "docker exec registry registry garbage-collect --dry-run -m /etc/docker/registry/config.yml".',
			exit: 'configuration',
		});
	}

	return parseRehearsal(command);
}

/** As it is written, and, where that has -m, without it: what is left to gain by leaving it out. */
export async function rehearseAll(
	rehearsal: Rehearsal,
	{storage, registry}: AuditPlace,
	signal: AbortSignal,
): Promise<Preflight[]> {
	if (storage === undefined) {
		throw new OperatorError('audit.no-storage', 'Without its storage nothing says what a collection would break.', {
			hint: 'Add storage: {ssh: HOST, root: DIR} to the registry’s configuration.',
			exit: 'configuration',
		});
	}

	const plain = withoutUntagged(rehearsal);
	const commands = [rehearsal, ...(plain === undefined ? [] : [plain])];
	const reports = [];
	for (const command of commands) {
		reports.push({command, report: await storage.rehearse(command, {signal})});
	}

	const listing = await storage.list({signal});
	const role = registry?.role ?? 'authoritative';
	return reports.map(({command, report}) => foresee(command, report, listing, role));
}
