import type {JournalEvent} from '../incident/event.ts';
import type {Incident} from '../incident/incident.ts';
import {advance, open} from '../machine/machine.ts';

export type MilestoneName = 'opened' | 'diagnosed' | 'decided' | 'mitigated' | 'verified';

/** When something was first so, and the event that shows it (its place in the journal, from 0). */
export type Milestone = {name: MilestoneName; at: string; event: number};

/** Derived from the first event that shows each; nothing ever moves them. */
export function milestonesOf(events: readonly JournalEvent[]): Milestone[] {
	const started = new Map<string, Started>();
	const reached = new Map<MilestoneName, Milestone>();
	const reach = (name: MilestoneName, at: string, event: number) => {
		if (!reached.has(name)) {
			reached.set(name, {name, at, event});
		}
	};

	for (const [number, event] of events.entries()) {
		switch (event.type) {
			case 'incident.opened':
				reach('opened', event.at, number);
				break;

			case 'step.started':
				started.set(`${event.step} ${event.attempt}`, event);
				break;

			case 'choice.made':
				reach('decided', event.at, number);
				break;

			case 'effect.reconciled':
			case 'effect.finished': {
				const step = started.get(`${event.step} ${event.attempt}`);
				const cause =
					step?.shows === 'cause' && Array.isArray(event.output?.findings) && event.output.findings.length > 0;
				if (cause) {
					reach('diagnosed', event.at, number);
				}

				if (step && repairs(step, event)) {
					reach('mitigated', event.at, number);
				}

				if (reached.has('mitigated') && step?.shows === 'verdict' && event.output?.verdict === 'intact') {
					reach('verified', event.at, number);
				}

				break;
			}

			case 'step.done-by-hand': {
				const step = started.get(`${event.step} ${event.attempt}`);
				if (step && repairs(step, event)) {
					reach('mitigated', event.at, number);
				}

				break;
			}

			case 'hand.reported':
				if (event.outcome === 'done' && reached.has('decided')) {
					reach('mitigated', event.at, number);
				}

				break;

			default:
		}
	}

	return [...reached.values()];
}

type Started = Extract<JournalEvent, {type: 'step.started'}>;

/** A change of the image that was made, also one that was only found to have been made. */
function repairs({effect, sparesImage, success}: Started, end: {outcome?: string; found?: string}): boolean {
	const outcome = end.outcome ?? (end.found === 'done' ? success[0] : undefined);
	return effect !== 'read' && !sparesImage && outcome !== undefined && success.includes(outcome);
}

export type Spans = {
	/** Milliseconds between milestones; absent where one was not reached. */
	toDiagnose?: number;
	toDecide?: number;
	toMitigate?: number;
	toVerify?: number;
	total: number;
	/** Where the time went. `away`: nobody had the incident open. */
	waitedOnMachine: number;
	waitedOnPerson: number;
	away: number;
};

/** The time between two events belongs to whoever was waited for after the first. */
export function spansOf(events: readonly JournalEvent[]): Spans {
	const milestones = new Map(milestonesOf(events).map(({name, at}) => [name, Date.parse(at)]));
	const between = (from: MilestoneName, to: MilestoneName) => {
		const [start, end] = [milestones.get(from), milestones.get(to)];
		return start === undefined || end === undefined ? undefined : Math.max(0, end - start);
	};

	const waits = {machine: 0, person: 0, away: 0};
	let incident: Incident | undefined;
	for (const [number, event] of events.entries()) {
		const before = events[number - 1];
		if (before && incident) {
			waits[waiterIn(incident, event)] += Math.max(0, Date.parse(event.at) - Date.parse(before.at));
		}

		incident = incident ? advance(incident, event)[0] : event.type === 'incident.opened' ? open(event)[0] : undefined;
	}

	const spans = {
		toDiagnose: between('opened', 'diagnosed'),
		toDecide: between('diagnosed', 'decided'),
		toMitigate: between('decided', 'mitigated'),
		toVerify: between('mitigated', 'verified'),
	};
	return {
		...(Object.fromEntries(Object.entries(spans).filter(([, span]) => span !== undefined)) as Partial<Spans>),
		total: waits.machine + waits.person + waits.away,
		waitedOnMachine: waits.machine,
		waitedOnPerson: waits.person,
		away: waits.away,
	};
}

function waiterIn({phase}: Incident, next: JournalEvent): 'machine' | 'person' | 'away' {
	if (next.type === 'incident.resumed' || next.type === 'journal.recovered') {
		return 'away';
	}

	const asked = phase.is === 'gate' || phase.is === 'asking' || phase.is === 'stuck' || phase.is === 'arriving';
	return asked || (phase.is === 'unsure' && phase.asked) ? 'person' : 'machine';
}
