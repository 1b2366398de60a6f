import {readFileSync} from 'node:fs';
import path from 'node:path';
import {BugWhileRunning, exitCodes} from '../../src/domain/errors.ts';
import type {JournalEvent} from '../../src/domain/incident/event.ts';
import {exitOf} from '../../src/domain/incident/standing.ts';
import {actions} from '../../src/engine/actions/index.ts';
import {beginSession, resumeSession} from '../../src/engine/session/session.ts';
import {runPlain} from '../../src/plain/session/run-plain.ts';
import {type Death, Died, journalUntilDeath, startProcess} from './dying-process.ts';
import {createMemoryWorld, type MemoryScenario, type MemoryWorld} from './memory-world.ts';
import {brokenPromises} from './world-promises.ts';

const runbook = readFileSync(path.resolve(import.meta.dirname, '../../runbooks/orphan-index.md'), 'utf8');

type Record = {events: JournalEvent[]; sealed: boolean};

export type MemoryIncident = {
	events: readonly JournalEvent[];
	/** For each death, in order: whether it came. */
	died: boolean[];
	/** The promises that were broken; empty: all were kept. */
	broken: string[];
};

/**
 * Leads one incident on autopilot. Each death ends a process; the next process resumes from the journal, and the last one
 * runs to its end.
 * @param pauseMs the time between the death of a process and the start of the next one
 */
export async function leadIncident(
	scenario: MemoryScenario,
	deaths: readonly Death[] = [],
	pauseMs = 0,
): Promise<MemoryIncident> {
	const world = createMemoryWorld(scenario);
	const record: Record = {events: [], sealed: false};
	const died: boolean[] = [];
	for (const death of deaths) {
		if (!record.sealed) {
			died.push((await runProcess(world, record, death)) === 'died');
			world.pass(pauseMs);
		}
	}

	const end = record.sealed ? exitCodes.done : await runProcess(world, record);
	return {
		events: record.events,
		died,
		broken: [
			...(end === exitCodes.done && record.sealed ? [] : [`it ended ${end}, sealed ${record.sealed}`]),
			...brokenPromises(scenario, world.done()),
		],
	};
}

/** @returns the exit code of the process, or that it died */
async function runProcess(world: MemoryWorld, record: Record, death?: Death): Promise<number | 'died'> {
	const process = startProcess();
	const journal = journalUntilDeath(record, process, death);
	const options = {journal, ports: world.ports(process), actions, actor: 'ada', pace: 'auto' as const};
	try {
		const session = await (record.events.length > 0
			? resumeSession(options)
			: beginSession(options, {
					type: 'incident.opened',
					schema: 'regmedic.journal/1',
					incident: '2026-04-19-orphan-index-calm-otter',
					version: '0.1.0',
					runbook,
					inputs: {image: world.image},
					settings: world.settings,
					dryRun: false,
				}));
		const {incident} = await runPlain({
			session,
			output: () => {},
			autopilot: true,
			now: options.ports.clock.now,
			checkAgainMs: 0,
			journalFolder: journal.folder,
			resumeCommand: 'regmedic resume',
		});
		return exitOf(incident);
	} catch (error) {
		// What went on outside was said with it.
		if (error instanceof Died || (error instanceof BugWhileRunning && error.cause instanceof Died)) {
			return 'died';
		}

		throw error;
	} finally {
		process.die();
	}
}
