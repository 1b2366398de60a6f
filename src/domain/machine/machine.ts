import {OperatorError} from '../errors.ts';
import type {Happening, JournalEvent} from '../incident/event.ts';
import type {Incident} from '../incident/incident.ts';
import {parseRunbook} from '../runbook/parser.ts';
import {findStep} from '../runbook/runbook.ts';
import {gateAnswered, gateOpened, intended, started} from './allowing.ts';
import {type Advanced, arrive, arriveAtDecide, editVisit, endVisit, finish, is, surprise} from './moves.ts';
import {failed, reconciled, resumed, retried} from './recovery.ts';

type Of<Type extends Happening['type']> = Extract<JournalEvent, {type: Type}>;

const schema: Of<'incident.opened'>['schema'] = 'regmedic.journal/1';

/**
 * The incident that an `incident.opened` event begins.
 * @throws OperatorError journal.foreign: another version of regmedic has written it
 */
export function open(event: Of<'incident.opened'>): Advanced {
	const {runbook} = parseRunbook(event.runbook);
	if (event.schema !== schema || !runbook) {
		const what = runbook ? `its journal is a ${event.schema}, not a ${schema}` : 'its runbook cannot be read';
		throw new OperatorError('journal.foreign', `${event.incident} was written by regmedic ${event.version}: ${what}.`, {
			hint: 'Read it with that version. Nothing was changed.',
			exit: 'failed',
		});
	}

	const {incident: id, inputs, settings, dryRun, drill, at, actor} = event;
	return arrive(
		{
			id,
			runbook,
			inputs,
			settings,
			dryRun,
			...(drill === undefined ? {} : {drill}),
			openedAt: at,
			openedBy: actor,
			lastAt: at,
			phase: {is: 'arriving', step: runbook.start},
			visits: [],
			notes: [],
			changed: false,
		},
		runbook.start,
	);
}

/**
 * The whole of the machine: what one event makes of an incident, and what is to be done about it.
 * Pure. An event that does not fit the phase changes nothing (the engine refuses it before it is journaled).
 */
export function advance(incident: Incident, event: JournalEvent): Advanced {
	const [next, effects] = turn(incident, event);
	return [{...next, lastAt: event.at}, effects];
}

/** Whether a report of the machine itself comes too late: a person has turned elsewhere, and it must not be recorded. */
export function comesTooLate(incident: Incident, event: JournalEvent): boolean {
	const reports = /^(effect\.|gate\.opened$|step\.(started|blocked)$|wait\.)/.test(event.type);
	return reports && turn(incident, event)[0] === incident;
}

/**
 * What the journal makes of an incident: the same function as live, so the same result.
 * @throws OperatorError journal.empty: its process died before the first event was on the disk
 */
export function fold(events: readonly JournalEvent[]): Incident {
	const [first, ...rest] = events.filter(({type}) => type !== 'journal.recovered');
	if (!first) {
		throw new OperatorError('journal.empty', 'This incident was never opened: its journal holds no event.', {
			hint: 'Nothing was done. Begin anew with `regmedic respond`.',
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

	switch (event.type) {
		case 'incident.resumed':
			return resumed(incident);

		case 'step.started':
			return phase.is === 'arriving' && phase.step === event.step ? started(incident, event) : stay;

		case 'step.blocked':
			return (phase.is === 'arriving' && phase.step === event.step) || is(phase, ['gating'], event)
				? surprise(incident, event, event.problem, event.at)
				: stay;

		case 'gate.opened':
			return is(phase, ['gating'], event) ? gateOpened(incident, event) : stay;

		case 'gate.answered':
			return is(phase, ['gate'], event) ? gateAnswered(incident, event) : stay;

		case 'effect.intended':
			return is(phase, ['intending'], event) ? intended(incident, event) : stay;

		case 'effect.progressed': {
			const {at, name, detail, say} = event;
			return is(phase, ['running'], event)
				? [editVisit(incident, event, visit => ({progress: [...visit.progress, {at, name, detail, say}]})), []]
				: stay;
		}

		case 'effect.finished':
			return is(phase, ['running'], event) ? finish(incident, event, 'ran') : stay;

		case 'effect.failed':
			return is(phase, ['running'], event) ? failed(incident, event) : stay;

		case 'effect.reconciled':
			return is(phase, ['unsure'], event) ? reconciled(incident, event) : stay;

		case 'effect.assumed':
			return is(phase, ['gating'], event) ? finish(incident, {...event, output: event.output ?? {}}, 'assumed') : stay;

		case 'choice.made':
			return is(phase, ['asking'], event)
				? finish(
						incident,
						{...event, outcome: event.option, output: {option: event.option}, say: event.why ?? ''},
						'answered',
					)
				: stay;

		case 'answers.given':
			return is(phase, ['asking'], event)
				? finish(
						incident,
						{...event, outcome: answerOutcome(incident, event), output: event.answers, say: ''},
						'answered',
					)
				: stay;

		case 'hand.reported':
			return is(phase, ['asking'], event)
				? finish(incident, {...event, output: {}, say: event.why ?? ''}, 'answered')
				: stay;

		case 'wait.elapsed':
			return is(phase, ['waiting'], event)
				? finish(incident, {...event, outcome: 'waited', output: {}, say: ''}, 'ran')
				: stay;

		case 'step.skipped':
			return finish(incident, {...event, output: {}, say: event.reason}, 'skipped');

		case 'step.done-by-hand':
			return finish(incident, {...event, output: {}, say: event.reason}, 'by-hand');

		case 'step.retried':
			return retried(incident, event);

		case 'decision.reopened':
			return arriveAtDecide(endVisit(incident, event.at, {ended: 'left', say: event.reason}));

		case 'note.added':
			return [{...incident, notes: [...incident.notes, {at: event.at, actor: event.actor, text: event.text}]}, []];

		case 'incident.closed':
			return phase.is === 'stopped' ? [{...incident, phase: {...phase, closed: true}}, []] : stay;

		default:
			return stay;
	}
}

/** Nothing ticked can lead elsewhere, where the runbook says so. */
function answerOutcome({runbook}: Incident, {step, answers}: Of<'answers.given'>): string {
	const none = Object.values(answers).every(answer => Array.isArray(answer) && answer.length === 0);
	return none && Object.hasOwn(findStep(runbook, step)?.outcomes ?? {}, 'none') ? 'none' : 'answered';
}
