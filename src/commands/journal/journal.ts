import {readJournal} from '../../adapters/journal/events-file.ts';
import {findIncident, stateFolder} from '../../adapters/journal/incident-folders.ts';
import {exitCodes} from '../../domain/errors.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import type {Invocation} from '../../invocation.ts';

/** `regmedic journal verify INCIDENT`: verifies the hash chain. A torn tail is reported; the chain still holds. */
export async function verifyJournal(wanted: string, {environment, flags, print}: Invocation): Promise<number> {
	const {folder, name} = await findIncident(stateFolder(environment), wanted);
	const {events, head, torn, sealed} = await readJournal(folder);

	if (flags.json) {
		const report = {incident: name, events: events.length, head, sealed, torn: torn ?? null};
		print(`${visibleJson({schema: 'regmedic.journal-verify/1', ...report}, '  ')}\n`);
	} else {
		const seal = sealed ? 'sealed' : 'not sealed: the incident is open';
		print(`${name}: ${events.length} events, the chain holds, ${seal}.\nHead: ${head}\n`);
		if (torn) {
			print(
				`A crash left ${torn.bytes} bytes after the last event (${torn.reason}). \`regmedic resume ${name}\` sets them aside.\n`,
			);
		}
	}

	return torn ? exitCodes.indeterminate : exitCodes.done;
}
