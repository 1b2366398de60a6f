import {findIncident, stateFolder} from '../../adapters/journal/incident-folders.ts';
import {verifyRecord} from '../../adapters/journal/verify-record.ts';
import {exitCodes} from '../../domain/errors.ts';
import {visibleJson, visibleLine} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import type {Invocation} from '../../invocation.ts';

/** `regmedic journal verify INCIDENT`: the hash chain and every evidence file. A torn tail is reported; the chain still holds. */
export async function verifyJournal(wanted: string, {environment, flags, print}: Invocation): Promise<number> {
	const {folder, name} = await findIncident(stateFolder(environment), wanted);
	const {events, head, torn, sealed, files, problems} = await verifyRecord(folder);

	if (flags.json) {
		const report = {
			incident: name,
			events: events.length,
			head,
			sealed,
			torn: torn ?? null,
			evidence: {files, problems},
		};
		print(`${visibleJson({schema: 'regmedic.journal-verify/1', ...report}, '  ')}\n`);
	} else {
		const seal = sealed ? 'sealed' : 'not sealed: the incident is open';
		print(`${name}: ${events.length} events, the chain holds, ${seal}.\nHead: ${head}\n`);
		print(
			problems.length === 0
				? `Evidence: ${count(files, 'file')}, each as it was recorded.\n`
				: `Evidence: not as it was recorded.\n${problems.map(problem => `  - ${visibleLine(problem)}\n`).join('')}`,
		);
		if (torn) {
			print(
				`A crash left ${torn.bytes} bytes after the last event (${torn.reason}). \`regmedic resume ${name}\` sets them aside.\n`,
			);
		}
	}

	return problems.length > 0 ? exitCodes.failed : torn ? exitCodes.indeterminate : exitCodes.done;
}
