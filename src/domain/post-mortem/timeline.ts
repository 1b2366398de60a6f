import {evidenceOf, type JournalEvent} from '../incident/event.ts';
import {parseRunbook} from '../runbook/parser.ts';
import {findStep, type Runbook} from '../runbook/runbook.ts';

/** One row of the timeline. `event`: its number in the journal, from 0. `known`: the latest result at that time. */
export type TimelineRow = {at: string; actor: string; what: string; known: string; event: number; evidence: string[]};

/** The events that matter to a reader, in order, each with the latest result at that time. */
export function timelineOf(events: readonly JournalEvent[]): TimelineRow[] {
	let runbook: Runbook | undefined;
	let known = 'Only the alert.';
	const reads = new Set<string>();
	const titles = new Map<string, string>();

	return events.flatMap((event, number): TimelineRow[] => {
		if (event.type === 'incident.opened') {
			runbook = parseRunbook(event.runbook).runbook;
		}

		if (event.type === 'step.started' && event.shows !== undefined) {
			reads.add(`${event.step} ${event.attempt}`);
		}

		for (const item of event.type === 'gate.opened' ? (event.items ?? []) : []) {
			titles.set(`${event.type === 'gate.opened' ? event.step : ''} ${item.id}`, item.title);
		}

		const item = 'item' in event && event.item !== undefined ? titles.get(`${event.step} ${event.item}`) : undefined;
		const what = whatOf(event, id => item ?? (runbook && findStep(runbook, id)?.title) ?? id);
		if (what === undefined) {
			return [];
		}

		const row = {
			at: event.at,
			actor: event.actor,
			what,
			known,
			event: number,
			evidence: evidenceOf(event).map(({file}) => file),
		};
		if (event.type === 'effect.finished' && reads.has(`${event.step} ${event.attempt}`)) {
			known = event.say;
			return [{...row, known}];
		}

		return [row];
	});
}

/** Undefined: the event does not matter to a reader. */
function whatOf(event: JournalEvent, titleOf: (step: string) => string): string | undefined {
	switch (event.type) {
		case 'incident.opened':
			return `The incident was opened for ${String(event.inputs.image ?? 'an image')}.`;
		case 'incident.resumed':
			return 'The incident was resumed.';
		case 'incident.left':
			return event.reason === 'gate' ? 'Left at a gate: there was no terminal to answer it.' : 'The responder left.';
		case 'gate.answered':
			return event.answer === 'decline'
				? `Declined: ${titleOf(event.step)}.`
				: `Answered the gate of “${titleOf(event.step)}”: ${event.answer}${event.why === undefined ? '' : ` (${event.why})`}.`;
		case 'effect.waits':
			return event.say;
		case 'effect.progressed':
			return event.item === undefined ? event.say : `${titleOf(event.step)}: ${event.say}`;
		case 'plan.chosen':
			return `Chose “${event.remedy}” for ${event.rows.join(', ')}.`;
		case 'plan.marked':
			return `${event.now ? 'Marked to be done now' : 'Not to be done now any more'}: ${event.rows.join(', ')}.`;
		case 'plan.settled':
			return 'Settled the plan.';
		case 'item.checked':
			return `${titleOf(event.step)}: ${event.found}, nothing was changed: ${event.say}`;
		case 'item.skipped':
			return `Skipped ${titleOf(event.step)}: ${event.reason}`;
		case 'item.done-by-hand':
			return `${titleOf(event.step)} was done by hand: ${event.reason}`;
		case 'item.retried':
			return `Ordered ${titleOf(event.step)} again.`;
		case 'effect.finished':
			return `${titleOf(event.step)}: ${event.say}`;
		case 'effect.failed':
			return `${titleOf(event.step)} failed: ${event.problem.message}`;
		case 'effect.reconciled':
			return `${titleOf(event.step)}, outcome looked up: ${event.say}`;
		case 'effect.assumed':
			return event.say;
		case 'choice.made':
			return `Decided for “${event.option}”${event.why === undefined ? '' : ` (${event.why})`}.`;
		case 'hand.reported':
			return `${titleOf(event.step)}: ${event.outcome === 'done' ? 'done by hand' : 'could not be done by hand'}${event.why === undefined ? '' : ` (${event.why})`}.`;
		case 'step.skipped':
			return `Skipped “${titleOf(event.step)}” as ${event.outcome}: ${event.reason}`;
		case 'step.done-by-hand':
			return `“${titleOf(event.step)}” was done by hand, as ${event.outcome}: ${event.reason}`;
		case 'step.blocked':
			return `${titleOf(event.step)} could not start: ${event.problem.message}`;
		case 'decision.reopened':
			return `Went back to decide: ${event.reason}`;
		case 'hold.asked':
			return 'Asked to suspend what cleans the store next.';
		case 'note.added':
			return `Note: ${event.text}`;
		case 'journal.recovered':
			return `The journal was recovered: ${event.lostBytes} bytes of an event that was not completely written were moved to ${event.file}.`;
		case 'incident.closed':
			return 'The incident was closed.';
		default:
			return undefined;
	}
}
