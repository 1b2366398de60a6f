import {defined} from '../defined.ts';
import {sayChange} from '../incident/change.ts';
import type {JournalEvent} from '../incident/event.ts';
import type {Incident} from '../incident/incident.ts';
import {findStep} from '../runbook/runbook.ts';

/** A change that was begun, as it was approved and as it ended. */
export type MadeChange = {
	at: string;
	step: string;
	target: string;
	changes: string[];
	approvedBy: string;
	outcome: string;
	say: string;
};

/** `outcome`: the outcome that the person recorded. */
export type Skipped = {step: string; how: 'skipped' | 'by-hand'; outcome: string; reason: string; by?: string};

/** Every change that was started, however it ended. */
export function changesOf({visits}: Incident): MadeChange[] {
	return visits
		.filter(({effect, tries}) => effect !== 'read' && tries > 0)
		.map(({gate, title, outcome, say, startedAt, endedAt, ended, problem}) => ({
			at: gate?.answer?.at ?? startedAt,
			step: title,
			target: gate?.target ?? 'unknown',
			changes: (gate?.changes ?? []).flatMap(sayChange),
			approvedBy: gate?.answer?.by ?? 'unknown',
			outcome:
				endedAt === undefined
					? 'not known yet'
					: ended === 'by-hand'
						? `by hand, ${outcome}`
						: (outcome ?? (ended === 'surprise' ? 'failed' : ended!)),
			say: say ?? problem?.message ?? 'It was started; its outcome is not known.',
		}));
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
