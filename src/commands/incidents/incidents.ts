import {readJournal} from '../../adapters/journal/events-file.ts';
import {type IncidentFolder, listIncidents, stateFolder} from '../../adapters/journal/incident-folders.ts';
import {holderOf} from '../../adapters/journal/lock.ts';
import {isAlive} from '../../adapters/journal/lock-holder.ts';
import {asOperatorError, exitCodes} from '../../domain/errors.ts';
import {formatReference} from '../../domain/image/reference.ts';
import {currentStep, type Incident} from '../../domain/incident/incident.ts';
import {notVerified} from '../../domain/machine/endings.ts';
import {fold} from '../../domain/machine/machine.ts';
import {sayTime} from '../../domain/text/time.ts';
import {visibleJson, visibleLine} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';
import type {Processes} from '../../engine/ports/processes.ts';
import type {Invocation} from '../../invocation.ts';

type Row = {name: string; kind: 'incident' | 'drill'; state: string; image: string; opened: string; heldBy?: string};

/** `regmedic incidents`: lists the incidents to resume and to export. One that cannot be read is listed with the reason. */
export async function incidents(
	{all}: {all?: boolean},
	{environment, processes, flags, terminal, print, talk}: Invocation,
): Promise<number> {
	const found = await listIncidents(stateFolder(environment));
	const rows = (await Promise.all(found.map(each => rowOf(each, processes)))).filter(row => row !== undefined);
	const shown = all ? rows : rows.filter(({kind, state}) => kind === 'incident' || !state.startsWith('closed'));

	if (flags.json) {
		print(`${visibleJson({schema: 'regmedic.incidents/1', incidents: shown}, '  ')}\n`);
		return exitCodes.done;
	}

	const columns = terminal.columns() ?? Number.POSITIVE_INFINITY;
	for (const row of shown) {
		print(draw(row, columns));
	}

	if (shown.length === 0) {
		talk(
			rows.length === 0
				? 'There are no incidents.\n'
				: `No incident is open. ${count(rows.length, 'closed drill')}: regmedic incidents --all\n`,
		);
	}

	return exitCodes.done;
}

/** Undefined: a process died before the first event; it left a folder, but no incident. */
async function rowOf({folder, name, kind: folders}: IncidentFolder, processes: Processes): Promise<Row | undefined> {
	const kind = folders === 'drills' ? 'drill' : 'incident';
	try {
		const {events} = await readJournal(folder);
		if (events.length === 0) {
			return undefined;
		}

		const incident = fold(events);
		const holder = await holderOf(folder);
		return {
			name,
			kind,
			state: stateOf(incident),
			image: formatReference(incident.image),
			opened: incident.openedAt,
			...(holder && isAlive(holder, processes) && {heldBy: holder.actor}),
		};
	} catch (error) {
		return {name, kind, state: `cannot be read: ${asOperatorError(error).message}`, image: '-', opened: '-'};
	}
}

function stateOf(incident: Incident): string {
	const {phase} = incident;
	return phase.kind === 'stopped'
		? `closed (${phase.stop}${phase.unverified && phase.stop !== notVerified ? ', not verified' : ''})`
		: `open at "${currentStep(incident)?.title ?? phase.kind}"`;
}

function draw({name, kind, state, image, opened, heldBy}: Row, columns: number): string {
	const held = heldBy === undefined ? '' : `; ${heldBy} is working on it`;
	const facts = [`${image}, opened ${sayTime(opened)}`, `${state}${held}`];
	const lines = [
		visibleLine(`${name}${kind === 'drill' ? '  DRILL' : ''}`),
		...facts.flatMap(fact => wrap(fact, {first: '    ', columns})),
	];
	return lines.map(line => `${line}\n`).join('');
}
