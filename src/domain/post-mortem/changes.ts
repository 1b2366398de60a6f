import {defined} from '../defined.ts';
import {sayChange} from '../incident/change.ts';
import type {JournalEvent} from '../incident/event.ts';
import type {Incident, Visit} from '../incident/incident.ts';
import {outcomeOfItem} from '../incident/item.ts';
import {findStep} from '../runbook/runbook.ts';

/** A change that was begun, as it was approved and as it ended. */
export type MadeChange = {
	at: string;
	step: string;
	target: string;
	/** What was approved. */
	changes: string[];
	/** What was done of it, as far as it is known. */
	done: string[];
	approvedBy: string;
	outcome: string;
	say: string;
	/** What to do about it, where it did not do its work. */
	hint?: string;
};

/** `outcome`: the outcome that the person recorded. */
export type Skipped = {step: string; how: 'skipped' | 'by-hand'; outcome: string; reason: string; by?: string};

/** Every change that was started, however it ended. */
export function changesOf(incident: Incident): MadeChange[] {
	return [...changesOfSteps(incident), ...incident.visits.flatMap(changesOfItems)].sort((one, other) =>
		one.at < other.at ? -1 : one.at > other.at ? 1 : 0,
	);
}

/** Each item of a plan that was begun, or that a person did by hand. */
function changesOfItems({title: step, gate, items = []}: Visit): MadeChange[] {
	return items
		.filter(item => item.requests.length > 0 || outcomeOfItem(item) === 'by-hand')
		.map(item => {
			const {title, target, changes, approvedAt, progress, state} = item;
			const outcome = outcomeOfItem(item) ?? 'not known yet';
			const say = 'say' in state ? state.say : 'It was started; its outcome is not known.';
			const recorded = progress.map(each => each.say);
			return {
				at: approvedAt ?? progress[0]?.at ?? gate?.openedAt ?? '',
				step: `${step}: ${title}`,
				target,
				changes: changes.flatMap(sayChange),
				done: recorded.length > 0 ? recorded : outcome === 'done' ? [say] : ['nothing'],
				approvedBy: gate?.answer?.by ?? 'unknown',
				outcome,
				say,
				...defined({hint: 'problem' in state ? state.problem?.hint : undefined}),
			};
		});
}

function changesOfSteps({visits}: Incident): MadeChange[] {
	return visits
		.filter(visit => visit.effect !== 'read' && visit.tries > 0 && !wasTurnedDown(visit))
		.map(visit => {
			const {gate, title, outcome, say, startedAt, endedAt, ended, problem} = visit;
			return {
				at: gate?.answer?.at ?? startedAt,
				step: title,
				target: gate?.target ?? 'unknown',
				changes: (gate?.changes ?? []).flatMap(sayChange),
				done: doneIn(visit),
				approvedBy: gate?.answer?.by ?? 'unknown',
				outcome:
					endedAt === undefined
						? 'not known yet'
						: ended === 'by-hand'
							? `by hand, ${outcome}`
							: (outcome ?? (ended === 'surprise' ? 'failed' : ended!)),
				say: say ?? problem?.message ?? 'It was started; its outcome is not known.',
				...defined({hint: problem?.hint}),
			};
		});
}

/** Orders that the other side turned down: nothing was changed by them. */
export function turnedDownIn({visits}: Incident): string[] {
	return visits
		.filter(wasTurnedDown)
		.map(({title, outcome, say = '', problem}) =>
			[`${title}: ${outcome}. ${say}`, ...(problem === undefined ? [] : [`What to do: ${problem.hint}`])].join(' '),
		);
}

/** The other side refused the order before it did anything. */
export function wasTurnedDown({effect, outcome, ended, progress}: Visit): boolean {
	return (
		effect !== 'read' && ended === 'ran' && (outcome === 'rejected' || outcome === 'filtered') && progress.length === 0
	);
}

/** Records of what is about to be done, or was not done. */
const notDone = new Set(['restarting', 'not-restarted']);

/** What was done, which can be less than what was approved: a step may fail between two changes. */
export function doneIn({progress, outcome, success, ended, endedAt, say, lost = 0}: Visit): string[] {
	const recorded = progress.filter(({name}) => !notDone.has(name)).map(each => each.say);
	if (recorded.length > 0) {
		return recorded;
	}

	if (ended === 'by-hand' || ended === 'skipped') {
		return [`${ended === 'skipped' ? 'skipped' : 'done by hand'}, as a person recorded it: ${outcome}`];
	}

	if (endedAt === undefined || (outcome === undefined && lost > 0)) {
		return ['not known'];
	}

	return outcome !== undefined && success.includes(outcome) ? [say ?? outcome] : ['nothing'];
}

/** The steps that a person skipped or did by hand. */
export function skippedIn({visits, runbook}: Incident, events: readonly JournalEvent[]): Skipped[] {
	return visits.flatMap(({step, attempt, title, ended, outcome, say}) => {
		const byHand = ended === 'answered' && findStep(runbook, step)?.does.kind === 'by-hand';
		if (ended !== 'skipped' && ended !== 'by-hand' && !byHand) {
			return [];
		}

		const told = events.findLast(
			event => tellsOfHands.has(event.type) && 'step' in event && event.step === step && event.attempt === attempt,
		);
		return [
			{
				step: title,
				how: ended === 'skipped' ? 'skipped' : 'by-hand',
				outcome: outcome ?? 'unknown',
				reason: say || 'no reason was given',
				...defined({by: told?.actor}),
			},
		];
	});
}

const tellsOfHands = new Set(['step.skipped', 'step.done-by-hand', 'hand.reported']);
