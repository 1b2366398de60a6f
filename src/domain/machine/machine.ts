import {OperatorError} from '../errors.ts';
import type {EventOf, JournalEvent, StepStamp} from '../incident/event.ts';
import type {Incident, Phase} from '../incident/incident.ts';
import {findStep} from '../runbook/runbook.ts';
import {intended, open, started} from './beginnings.ts';
import {type Advanced, arrive} from './effects.ts';
import {arriveAtDecide, finish, outputOf, surprise} from './endings.ts';
import {failed, reconciled, resumed, retried} from './failures.ts';
import {gateAnswered, gateOpened} from './gates.ts';
import type {ItemEvent} from './item-after.ts';
import {itemTurn} from './items.ts';
import {chosen, marked, prepared, settle} from './plan.ts';
import {abandonVisit, editVisit, visitOf} from './visits.ts';

/**
 * The machine: the incident after an event, and the effects to carry out. Pure. An event that does not fit the phase changes
 * nothing (the engine refuses it before it is journaled).
 */
export function advance(incident: Incident, event: JournalEvent): Advanced {
	const [next, effects] = turn(incident, event);
	return [{...next, lastAt: event.at}, effects];
}

/** Whether a report of the machine comes too late: a person has left the phase, and the report must not be journaled. */
export function comesTooLate(incident: Incident, event: JournalEvent): boolean {
	const reports = /^(effect\.|gate\.opened$|step\.(started|blocked)$|wait\.|item\.checked$|plan\.prepared$)/.test(
		event.type,
	);
	return reports && turn(incident, event)[0] === incident;
}

/**
 * The incident that a journal tells of: the same function as in a running session, so the same result.
 * @throws OperatorError journal.empty: the process died before the first event was on the disk
 */
export function fold(events: readonly JournalEvent[]): Incident {
	const [first, ...rest] = events.filter(({type}) => type !== 'journal.recovered');
	if (!first) {
		throw new OperatorError('journal.empty', 'This incident was never opened: its journal holds no event.', {
			hint: 'Nothing was done. Start again with `regmedic respond`.',
			exit: 'failed',
		});
	}

	if (first.type !== 'incident.opened') {
		throw new Error('A journal begins with incident.opened.');
	}

	return rest.reduce((incident, event) => advance(incident, event)[0], open(first)[0]);
}

function turn(incident: Incident, event: JournalEvent): Advanced {
	const {phase} = incident;
	const stay: Advanced = [incident, []];
	/** The phase is this one, and about the visit of the event. */
	const isAt = (kind: Phase['kind'], {step, attempt}: StepStamp) =>
		phase.kind === kind && 'attempt' in phase && phase.step === step && phase.attempt === attempt;
	const isArriving = (step: string) => phase.kind === 'arriving' && phase.step === step;

	if (isOfItem(event)) {
		return itemTurn(incident, event);
	}

	switch (event.type) {
		case 'incident.resumed':
			return resumed(incident);

		case 'step.started':
			return isArriving(event.step) ? started(incident, event) : stay;

		case 'step.blocked':
			return isArriving(event.step) || isAt('gating', event) || isAt('intending', event)
				? surprise(incident, event, event.problem, event.at)
				: stay;

		case 'gate.opened':
			// What was approved had changed when a wait for a cleaner ended.
			return isAt('gating', event) || (isAt('intending', event) && visitOf(incident, event)?.waits !== undefined)
				? gateOpened(incident, event)
				: stay;

		case 'gate.answered':
			return isAt('gate', event) ? gateAnswered(incident, event) : stay;

		case 'effect.waits': {
			const {at, say} = event;
			// The items of a plan wait together, and say so once.
			const isNew = visitOf(incident, event)?.waits?.at(-1)?.say !== say;
			return isNew && (isAt('intending', event) || isAt('applying', event))
				? [editVisit(incident, event, visit => ({...visit, waits: [...(visit.waits ?? []), {at, say}]})), []]
				: stay;
		}

		case 'effect.intended':
			return isAt('intending', event) ? intended(incident, event) : stay;

		case 'effect.progressed': {
			const {at, name, detail, say} = event;
			const progress = {at, name, detail, say};
			return isAt('running', event)
				? [editVisit(incident, event, visit => ({...visit, progress: [...visit.progress, progress]})), []]
				: stay;
		}

		case 'effect.finished': {
			const {output: values} = event;
			const output = outputOf(incident, event.step, values);
			return isAt('running', event) ? finish(incident, {...event, how: 'ran', output, values}) : stay;
		}

		case 'effect.failed':
			return isAt('running', event) ? failed(incident, event) : stay;

		case 'effect.reconciled':
			return isAt('unsure', event) ? reconciled(incident, event) : stay;

		case 'effect.assumed': {
			const {output: values = {}} = event;
			const output = outputOf(incident, event.step, values);
			return isAt('gating', event) ? finish(incident, {...event, how: 'assumed', output, values}) : stay;
		}

		case 'plan.prepared':
			return isAt('preparing', event) ? prepared(incident, event) : stay;

		case 'plan.chosen':
			return isAt('asking', event) ? chosen(incident, event) : stay;

		case 'plan.marked':
			return isAt('asking', event) ? marked(incident, event) : stay;

		case 'plan.settled':
			return isAt('asking', event) ? settle(incident, event, event.at) : stay;

		case 'choice.made': {
			const {option, why: say = ''} = event;
			const output = {kind: 'decision' as const, option};
			return isAt('asking', event)
				? finish(incident, {...event, how: 'answered', outcome: option, output, values: {option}, say})
				: stay;
		}

		case 'answers.given': {
			const {answers} = event;
			const outcome = answerOutcome(incident, event);
			const output = {kind: 'answers' as const, answers};
			return isAt('asking', event)
				? finish(incident, {...event, how: 'answered', outcome, output, values: answers, say: ''})
				: stay;
		}

		case 'hand.reported':
			return isAt('asking', event)
				? finish(incident, {...event, ...bare, how: 'answered', say: event.why ?? ''})
				: stay;

		case 'wait.elapsed':
			return isAt('waiting', event)
				? finish(incident, {...event, ...bare, how: 'ran', outcome: 'waited', say: ''})
				: stay;

		case 'step.skipped':
			return finish(incident, {...event, ...bare, how: 'skipped', say: event.reason});

		case 'step.done-by-hand':
			return finish(incident, {...event, ...bare, how: 'by-hand', say: event.reason});

		case 'step.retried':
			return retried(incident, event);

		case 'decision.reopened':
			return arriveAtDecide(abandonVisit(incident, {endedAt: event.at, ended: 'left', say: event.reason}));

		case 'hold.asked': {
			const {hold} = incident.runbook;
			const say = 'Left to suspend what cleans the store next.';
			return hold === undefined ? stay : arrive(abandonVisit(incident, {endedAt: event.at, ended: 'left', say}), hold);
		}

		case 'note.added':
			return [{...incident, notes: [...incident.notes, {at: event.at, actor: event.actor, text: event.text}]}, []];

		case 'incident.closed':
			return phase.kind === 'stopped' ? [{...incident, phase: {...phase, closed: true}}, []] : stay;

		default:
			return stay;
	}
}

function isOfItem(event: JournalEvent): event is ItemEvent {
	return 'item' in event && event.item !== undefined;
}

/** An output without values. */
const bare = {output: {kind: 'none'}, values: {}} as const;

/** `none` where no option was ticked or picked and the runbook has a route for that. */
function answerOutcome({runbook}: Incident, {step, answers}: EventOf<'answers.given'>): string {
	const none = Object.values(answers).every(answer => Array.isArray(answer) && answer.length === 0);
	return none && Object.hasOwn(findStep(runbook, step)?.outcomes ?? {}, 'none') ? 'none' : 'answered';
}
