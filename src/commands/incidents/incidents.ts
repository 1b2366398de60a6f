import {readJournal} from '../../adapters/journal/events-file.ts';
import {type IncidentFolder, listIncidents, stateFolder} from '../../adapters/journal/incident-folders.ts';
import {holderOf} from '../../adapters/journal/lock.ts';
import {isAlive} from '../../adapters/journal/lock-holder.ts';
import {OperatorError} from '../../domain/errors.ts';
import {currentStep} from '../../domain/incident/incident.ts';
import {fold} from '../../domain/machine/machine.ts';
import {visibleJson, visibleLine} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';
import type {Processes} from '../../engine/ports/processes.ts';
import type {Invocation} from '../../invocation.ts';

type Row = {name: string; kind: 'incident' | 'drill'; state: string; image: string; opened: string; heldBy?: string};

/** `regmedic incidents`: what there is to resume, to read and to export. One that cannot be read is listed with the reason. */
export async function incidents(options: {all?: boolean}, invocation: Invocation): Promise<number> {
	const state = stateFolder(invocation.environment);
	const found = await listIncidents(state);
	const rows = (await Promise.all(found.map(each => rowOf(each, invocation.processes)))).filter(
		row => row !== undefined,
	);
	const shown = options.all
		? rows
		: rows.filter(({kind, state: is}) => kind === 'incident' || !is.startsWith('closed'));

	if (invocation.flags.json) {
		invocation.print(`${visibleJson({schema: 'regmedic.incidents/1', incidents: shown}, '  ')}\n`);
		return 0;
	}

	const {stdout} = invocation.terminal;
	const columns = stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY;
	for (const {name, kind, state: is, image, opened, heldBy} of shown) {
		const held = heldBy === undefined ? '' : `; ${heldBy} is working on it`;
		invocation.print(`${visibleLine(`${name}${kind === 'drill' ? '  DRILL' : ''}`)}\n`);
		const facts = [`${image}, opened ${opened.slice(0, 16).replace('T', ' ')} UTC`, `${is}${held}`];
		const lines = facts.flatMap(fact => wrap(fact, {first: '    ', columns}));
		invocation.print(lines.map(line => `${line}\n`).join(''));
	}

	if (shown.length === 0) {
		invocation.talk(
			rows.length === 0
				? 'There are no incidents.\n'
				: `No incident is open. ${count(rows.length, 'closed drill')}: regmedic incidents --all\n`,
		);
	}

	return 0;
}

async function rowOf(found: IncidentFolder, processes: Processes): Promise<Row | undefined> {
	const {folder, name} = found;
	const kind = found.kind === 'drills' ? 'drill' : 'incident';
	try {
		const {events} = await readJournal(folder);
		// A process that died before the first event left a folder, and no incident.
		if (events.length === 0) {
			return undefined;
		}

		const incident = fold(events);
		const holder = await holderOf(folder);
		const {phase} = incident;
		const state =
			phase.is === 'stopped' ? `closed (${phase.stop})` : `open at "${currentStep(incident)?.title ?? phase.is}"`;
		return {
			name,
			kind,
			state,
			image: String(incident.inputs.image),
			opened: incident.openedAt,
			...(holder && isAlive(holder, processes) ? {heldBy: holder.actor} : {}),
		};
	} catch (error) {
		if (error instanceof OperatorError) {
			return {name, kind, state: `cannot be read: ${error.message}`, image: '-', opened: '-'};
		}

		throw error;
	}
}
