import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {JournalEvent} from '../../src/domain/incident/event.ts';
import type {Incident} from '../../src/domain/incident/incident.ts';
import {createRedaction} from '../../src/domain/text/redaction.ts';
import type {Ports} from '../../src/engine/actions/action.ts';
import {actions} from '../../src/engine/actions/index.ts';
import type {Storage} from '../../src/engine/ports/storage.ts';
import {beginSession, resumeSession} from '../../src/engine/session/session.ts';
import {openDrill} from '../../src/incidents/drill.ts';
import {openPorts} from '../../src/wiring/ports.ts';
import {createMemoryJournal} from './memory-journal.ts';
import {processes} from './processes.ts';
import {respondWith, type Script} from './real-responder.ts';
import {createTempFolder} from './temp-folder.ts';

const page = await readFile(path.resolve(import.meta.dirname, '../../runbooks/registry-damage.md'), 'utf8');

async function colleagueEnded({ports, settings}: ReturnType<NonNullable<Ports['of']>>): Promise<void> {
	const signal = AbortSignal.timeout(60_000);
	while ((await ports.ci!.live(String(settings.repository), {signal})).length > 0) {
		await ports.clock.sleep(50, {signal});
	}
}

type DayOptions = {
	/** Stands between the page and the disk of the registry. */
	disk?: (storage: Storage) => Storage;
	/** Is waited for before the event is in the journal. */
	before?: (event: JournalEvent, day: {storageRoot: string}) => Promise<void>;
};

/** The garbage day of the drill, led through the page by a script. */
export async function openDay({disk = storage => storage, before = async () => {}}: DayOptions = {}) {
	const folder = await createTempFolder();
	const redaction = createRedaction();
	const {world, setup} = await openDrill(
		{folder, scenario: 'garbage-day', seed: 1, speed: 100},
		{processes, redaction, signal: AbortSignal.timeout(120_000)},
	);
	const {ports: real, settings, close} = openPorts(parseReference(world.image), setup);
	const ports = {...real, storage: disk(real.storage!)};
	const {journal: memory, events} = createMemoryJournal();
	const logs = new Map<string, string>();
	const journal: typeof memory = {
		...memory,
		keep(name, content) {
			logs.set(name, String(content));
			return memory.keep(name, content);
		},
		async append(event) {
			await before(event, world);
			await memory.append(event);
		},
	};
	// What is pushed while the disk is read leaves that look incomplete: the colleague's pipeline ends first.
	await colleagueEnded(ports.of!({...parseReference(world.image), repository: 'web/shop'}));

	const options = {journal, ports, actions, actor: 'ada', pace: 'auto' as const};
	return {
		world,
		events,
		/** The evidence, by its name. */
		logs,
		async lead(script: Script): Promise<Incident> {
			const session = await beginSession(options, {
				type: 'incident.opened',
				schema: 'regmedic.journal/1',
				incident: '2026-04-19-registry-damage-calm-otter',
				version: '0.0.0',
				runbook: page,
				inputs: {image: world.image},
				settings,
				dryRun: false,
			});
			return respondWith(session, script);
		},
		/** Goes on in a new session, as after a kill. */
		goOn: async (script: Script): Promise<Incident> => respondWith(await resumeSession(options), script),
		async [Symbol.asyncDispose]() {
			await close();
			await world.close();
		},
	};
}
