import {readJournal} from '../../adapters/journal/events-file.ts';
import {findIncident, stateFolder} from '../../adapters/journal/incident-folders.ts';
import {exitCodes} from '../../domain/errors.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import type {Invocation} from '../../invocation.ts';

/** `regmedic journal verify INCIDENT`: proves the chain, line by line. A torn tail is said, and is no failure of the chain. */
export async function verifyJournal(wanted: string, invocation: Invocation): Promise<number> {
	const {folder, name} = await findIncident(stateFolder(invocation.environment), wanted);
	const {events, head, torn, sealed} = await readJournal(folder);

	if (invocation.flags.json) {
		invocation.print(
			`${visibleJson({schema: 'regmedic.journal-verify/1', incident: name, events: events.length, head, sealed, torn: torn ?? null}, '  ')}\n`,
		);
	} else {
		invocation.print(
			`${name}: ${events.length} events, the chain holds, ${sealed ? 'sealed' : 'not sealed: the incident is open'}.\nHead: ${head}\n`,
		);
		if (torn) {
			invocation.print(
				`A crash left ${torn.bytes} bytes behind the last event (${torn.reason}). \`regmedic resume ${name}\` sets them aside.\n`,
			);
		}
	}

	return torn ? exitCodes.indeterminate : exitCodes.done;
}
