import {defined} from '../defined.ts';
import type {JournalEvent} from '../incident/event.ts';
import type {Incident, Visit} from '../incident/incident.ts';
import {open} from '../machine/beginnings.ts';
import {outputOf} from '../machine/endings.ts';
import {advance} from '../machine/machine.ts';
import {visitOf} from '../machine/visits.ts';

type MilestoneName = 'opened' | 'diagnosed' | 'decided' | 'mitigated' | 'verified';

/** The first event that shows a milestone. `event`: its number in the journal, from 0. */
export type Milestone = {name: MilestoneName; at: string; event: number};

/** The milestones of an incident, in the order in which they were reached. */
export function milestonesOf(events: readonly JournalEvent[]): Milestone[] {
	const reached = new Map<MilestoneName, Milestone>();
	for (const [number, {event, incident}] of replay(events).entries()) {
		for (const name of shownBy(event, incident)) {
			const follows = name !== 'verified' || reached.has('mitigated');
			if (follows && !reached.has(name)) {
				reached.set(name, {name, at: event.at, event: number});
			}
		}
	}

	return [...reached.values()];
}

type Moment = {
	event: JournalEvent;
	/** How the incident stood before it; undefined: it was not open. */
	incident: Incident | undefined;
};

function replay(events: readonly JournalEvent[]): Moment[] {
	let incident: Incident | undefined;
	return events.map(event => {
		const moment = {event, incident};
		incident = incident ? advance(incident, event)[0] : event.type === 'incident.opened' ? open(event)[0] : undefined;
		return moment;
	});
}

/** The milestones that an event shows, the earlier first. */
function shownBy(event: JournalEvent, incident: Incident | undefined): MilestoneName[] {
	const visit = incident && 'step' in event ? visitOf(incident, event) : undefined;
	switch (event.type) {
		case 'incident.opened':
			return ['opened'];

		case 'choice.made':
		case 'plan.settled':
			return ['decided'];

		case 'effect.reconciled':
		case 'effect.finished': {
			if (!incident || !visit) {
				return [];
			}

			if (event.item !== undefined) {
				const item = visit.items?.find(({id}) => id === event.item);
				return item && repairs(item, event) ? ['mitigated'] : [];
			}

			const output = outputOf(incident, event.step, event.output ?? {});
			const isFound =
				(visit.shows === 'cause' && output.kind === 'scan' && output.findings.length > 0) ||
				(output.kind === 'scope' && output.images.length > 0);
			const isIntact =
				visit.shows === 'verdict' &&
				((output.kind === 'check' && output.check.verdict === 'intact') ||
					(output.kind === 'check-all' && output.verdict === 'intact'));
			return [
				...(isFound ? (['diagnosed'] as const) : []),
				...(repairs(visit, event) ? (['mitigated'] as const) : []),
				...(isIntact ? (['verified'] as const) : []),
			];
		}

		case 'step.done-by-hand':
			return visit && repairs(visit, event) ? ['mitigated'] : [];

		case 'hand.reported':
			return event.outcome === 'done' && incident && isDecided(incident) ? ['mitigated'] : [];

		default:
			return [];
	}
}

function isDecided({visits}: Incident): boolean {
	return visits.some(({output}) => output?.kind === 'decision');
}

/** A change of the image that was made, also one that was only looked up. */
function repairs(
	{effect, sparesImage, success}: Pick<Visit, 'effect' | 'sparesImage' | 'success'>,
	end: {outcome?: string; found?: string},
): boolean {
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
	/** Where the time went. `away`: no process had the incident open. */
	waitedOnMachine: number;
	waitedOnPerson: number;
	away: number;
};

/** The time between two events counts for the one that was waited for after the first. */
export function spansOf(events: readonly JournalEvent[]): Spans {
	const milestones = new Map(milestonesOf(events).map(({name, at}) => [name, Date.parse(at)]));
	const between = (from: MilestoneName, to: MilestoneName) => {
		const [start, end] = [milestones.get(from), milestones.get(to)];
		return start === undefined || end === undefined ? undefined : Math.max(0, end - start);
	};

	const waits = {machine: 0, person: 0, away: 0};
	const moments = replay(events);
	for (const [number, {event, incident}] of moments.entries()) {
		const before = moments[number - 1]?.event;
		if (before && incident) {
			waits[waiterIn(incident, event)] += Math.max(0, Date.parse(event.at) - Date.parse(before.at));
		}
	}

	return {
		...defined({
			toDiagnose: between('opened', 'diagnosed'),
			toDecide: between('diagnosed', 'decided'),
			toMitigate: between('decided', 'mitigated'),
			toVerify: between('mitigated', 'verified'),
		}),
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

	const asked = phase.kind === 'gate' || phase.kind === 'asking' || phase.kind === 'stuck' || phase.kind === 'arriving';
	return asked || (phase.kind === 'unsure' && phase.asked) ? 'person' : 'machine';
}
