import type {Happening} from '../incident/event.ts';
import {holdIn} from '../incident/hold.ts';
import {currentStep, currentVisit, type Incident, nextAttempt} from '../incident/incident.ts';
import {isOpen} from '../incident/item.ts';
import {canBeNow} from '../incident/rows-now.ts';
import type {Json, JsonObject} from '../json.ts';
import {leave} from '../runbook/runbook.ts';
import {itemRefusal} from './item-refusals.ts';

/**
 * Why an event from a person cannot be taken now, as a sentence for the screen; undefined: it can.
 * Events that the machine reports itself are not checked here.
 */
export function refusal(incident: Incident, event: Happening): string | undefined {
	const {phase} = incident;
	const step = currentStep(incident);
	const here = 'attempt' in phase && 'attempt' in event && phase.step === event.step && phase.attempt === event.attempt;

	switch (event.type) {
		case 'note.added':
			return phase.kind === 'stopped' && phase.closed ? 'The incident is closed: its journal is sealed.' : undefined;

		case 'gate.answered':
			return phase.kind === 'gate' && here ? undefined : 'No gate is open here.';

		case 'choice.made':
			if (phase.kind !== 'asking' || !here || step?.does.kind !== 'choose') {
				return 'No choice is open.';
			}

			return refuseOption(incident, event.option);

		case 'answers.given':
			return phase.kind === 'asking' && here && step?.does.kind === 'ask'
				? refuseAnswers(incident, event.answers)
				: 'No question is open.';

		case 'plan.chosen':
			if (phase.kind === 'preparing') {
				return stillPreparing;
			}

			return phase.kind === 'asking' && here && step?.does.kind === 'plan'
				? refuseRemedy(incident, event)
				: 'No plan is open.';

		case 'plan.marked':
			if (phase.kind === 'preparing') {
				return stillPreparing;
			}

			return phase.kind === 'asking' && here && step?.does.kind === 'plan'
				? refuseMark(incident, event)
				: 'No plan is open.';

		case 'plan.settled':
			if (phase.kind === 'preparing') {
				return stillPreparing;
			}

			return phase.kind === 'asking' && here && step?.does.kind === 'plan' ? undefined : 'No plan is open.';

		case 'item.skipped':
		case 'item.done-by-hand':
		case 'item.retried':
			return itemRefusal(incident, event);

		case 'hand.reported':
			return phase.kind === 'asking' && here && step?.does.kind === 'by-hand'
				? undefined
				: 'No step is to be done by hand now.';

		case 'step.skipped':
		case 'step.done-by-hand': {
			if (phase.kind === 'stopped') {
				return 'The incident is closed.';
			}

			const attempt = 'attempt' in phase ? phase.attempt : nextAttempt(incident, event.step);
			if (!('step' in phase) || phase.step !== event.step || attempt !== event.attempt) {
				return 'That step is not the current one.';
			}

			if (currentVisit(incident)?.items?.some(isOpen)) {
				return 'A change is under way, or it is not known whether it was made: end or record that item first.';
			}

			if (step?.does.kind === 'plan' && event.outcome === 'settled') {
				return 'A plan is settled by accepting it.';
			}

			if (phase.kind === 'running' && currentVisit(incident)?.effect !== 'read') {
				return 'A change is under way: wait until it ends.';
			}

			if (phase.kind === 'unsure' && event.type === 'step.skipped') {
				return 'This change may have been made: record its outcome by hand, or check again.';
			}

			return step && Object.hasOwn(step.outcomes, event.outcome)
				? undefined
				: `This step has no outcome "${event.outcome}".`;
		}

		case 'step.retried':
			return (phase.kind === 'stuck' || phase.kind === 'unsure') && here ? undefined : 'There is nothing to retry.';

		case 'decision.reopened': {
			const {decide} = incident.runbook;
			return (
				refuseLeaving(incident) ??
				(decide === undefined
					? 'This runbook has no decision step.'
					: 'step' in phase && phase.step === decide
						? 'This is the decision step already.'
						: undefined)
			);
		}

		case 'hold.asked': {
			const {hold} = incident.runbook;
			return (
				refuseLeaving(incident) ??
				(hold === undefined
					? 'This runbook has no step that suspends a collection.'
					: holdIn(incident)?.next.length
						? 'step' in phase && phase.step === hold
							? 'It is being looked at already.'
							: undefined
						: 'Nothing is known that will clean the store.')
			);
		}

		default:
			return 'That event cannot come from a person.';
	}
}

/** Whether a person may go to another step: not while a change is under way. */
function refuseLeaving(incident: Incident): string | undefined {
	const {phase} = incident;
	const visit = currentVisit(incident);
	const isChanging =
		phase.kind === 'unsure' || (phase.kind === 'running' && visit?.effect !== 'read') || visit?.items?.some(isOpen);
	return phase.kind === 'stopped'
		? 'The incident is closed.'
		: isChanging
			? 'A change is under way, or it is not known whether it was made: another one must not start.'
			: undefined;
}

const stillPreparing = 'The changes are still being looked up.';

/** `leave` is always possible. */
function refuseRemedy(incident: Incident, {rows, remedy}: {rows: string[]; remedy: string}): string | undefined {
	const known = new Map(currentVisit(incident)?.rows?.map(row => [row.id, row]));
	for (const id of rows) {
		const row = known.get(id);
		const offered = row?.remedies.find(each => each.remedy === remedy);
		if (!row || (remedy !== leave && !offered)) {
			return row ? `"${remedy}" is not offered for "${row.title}".` : `The plan has no row "${id}".`;
		}

		if (offered?.possible === false) {
			return `"${remedy}" is not possible for "${row.title}": ${offered.why ?? 'no reason is known'}.`;
		}
	}

	return undefined;
}

/** Only what the plan would do can be done now. */
function refuseMark(incident: Incident, {rows: marked, now}: {rows: string[]; now: boolean}): string | undefined {
	const rows = currentVisit(incident)?.rows ?? [];
	for (const id of marked) {
		const row = rows.find(each => each.id === id);
		if (!row || (now && !canBeNow(rows, id))) {
			return row
				? `Nothing is to be done about "${row.title}": choose a remedy for it first.`
				: `The plan has no row "${id}".`;
		}
	}

	return undefined;
}

/** A blocked option cannot be chosen. */
function refuseOption(incident: Incident, option: string): string | undefined {
	const asked = currentVisit(incident)?.asked;
	const offered = asked?.kind === 'choose' ? asked.options.find(({key}) => key === option) : undefined;
	return offered ? offered.blocked : `"${option}" is not offered.`;
}

/** Every question needs an answer; "unknown" is one. Only options that were shown can be ticked or picked. */
function refuseAnswers(incident: Incident, answers: JsonObject): string | undefined {
	const asked = currentVisit(incident)?.asked;
	for (const {name, type, options} of asked?.kind === 'ask' ? asked.questions : []) {
		const answer = Object.hasOwn(answers, name) ? answers[name] : undefined;
		if (answer === undefined) {
			return `"${name}" has no answer yet.`;
		}

		const shown = options.map(option => JSON.stringify(option));
		if (type === 'tick' && Array.isArray(answer) && !answer.every(each => shown.includes(JSON.stringify(each)))) {
			return `"${name}" ticks an option that was not shown.`;
		}

		if (type === 'pick' && !isNone(answer) && !shown.includes(JSON.stringify(answer))) {
			return `"${name}" picks an option that was not shown.`;
		}
	}

	return undefined;
}

/** No option was ticked or picked. */
function isNone(answer: Json): boolean {
	return Array.isArray(answer) && answer.length === 0;
}
