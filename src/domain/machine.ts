import type {Happening, JournalEvent} from './event.ts';
import type {Incident, Visit} from './incident.ts';
import {
	type Advanced,
	arrive,
	arriveAtDecide,
	editVisit,
	endVisit,
	finish,
	is,
	stampOf,
	surprise,
	visitOf,
} from './machine-moves.ts';
import {failed, reconciled, resumed, retried} from './machine-recovery.ts';
import {findStep} from './runbook.ts';
import {parseRunbook} from './runbook-parser.ts';

type Of<Type extends Happening['type']> = Extract<JournalEvent, {type: Type}>;

/** The incident that an `incident.opened` event begins. */
export function open(event: Of<'incident.opened'>): Advanced {
	const {runbook} = parseRunbook(event.runbook);
	if (!runbook) {
		throw new Error('The journal holds a runbook that cannot be read.');
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

/** What the journal makes of an incident: the same function as live, so the same result. */
export function fold(events: readonly JournalEvent[]): Incident {
	const [first, ...rest] = events.filter(({type}) => type !== 'journal.recovered');
	if (first?.type !== 'incident.opened') {
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

		case 'gate.opened': {
			const {target, changes, undo, phrase, expires, at} = event;
			const gate = {target, changes, undo, ...(phrase === undefined ? {} : {phrase}), openedAt: at, expires};
			return is(phase, ['gating', 'gate'], event)
				? [{...editVisit(incident, event, () => ({gate})), phase: {is: 'gate', ...stampOf(event)}}, []]
				: stay;
		}

		case 'gate.answered':
			return is(phase, ['gate'], event) ? answered(incident, event) : stay;

		case 'effect.intended': {
			const {effect, sparesImage} = visitOf(incident, event) ?? {};
			const writes = effect !== 'read' && !sparesImage;
			return is(phase, ['intending'], event)
				? [
						{
							...editVisit(incident, event, visit => ({tries: visit.tries + 1})),
							phase: {is: 'running', request: event.request, ...stampOf(event)},
							changed: incident.changed || effect !== 'read',
							...(writes ? {verdict: {verdict: 'unknown', at: event.at}} : {}),
						},
						[{do: 'perform', request: event.request, ...stampOf(event)}],
					]
				: stay;
		}

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
			return is(phase, ['gating'], event) ? finish(incident, {...event, output: {}}, 'assumed') : stay;

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
				? finish(incident, {...event, outcome: 'answered', output: event.answers, say: ''}, 'answered')
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

function started(incident: Incident, event: Of<'step.started'>): Advanced {
	const step = findStep(incident.runbook, event.step)!;
	const {effect, success, shows, sparesImage, at} = event;
	const stamp = stampOf(event);
	const visit: Visit = {
		...stamp,
		title: step.title,
		phase: step.phase,
		effect,
		with: event.with,
		success,
		...(shows === undefined ? {} : {shows}),
		...(sparesImage ? {sparesImage} : {}),
		startedAt: at,
		output: {},
		evidence: [],
		progress: [],
		tries: 0,
	};
	const {problem: _, ...calm} = incident;
	// The problem stays in sight for the step in which a person decides about it.
	const begun: Incident = {...(step.does.kind === 'choose' ? incident : calm), visits: [...incident.visits, visit]};

	if (step.does.kind === 'wait') {
		const until = new Date(Date.parse(at) + step.does.milliseconds).toISOString();
		return [{...begun, phase: {is: 'waiting', until, ...stamp}}, [{do: 'wait', until, ...stamp}]];
	}

	if (step.does.kind !== 'action') {
		return [{...begun, phase: {is: 'asking', ...stamp}}, []];
	}

	if (effect === 'read') {
		return [{...begun, phase: {is: 'intending', ...stamp}}, [{do: 'intend', tries: 0, ...stamp}]];
	}

	return [{...begun, phase: {is: 'gating', ...stamp}}, [{do: incident.dryRun ? 'assume' : 'open-gate', ...stamp}]];
}

/** A gate fails closed: only the exact answer, in time, is a yes. */
function answered(incident: Incident, event: Of<'gate.answered'>): Advanced {
	const gate = visitOf(incident, event)?.gate;
	const stamp = stampOf(event);
	if (!gate || Date.parse(event.at) > Date.parse(gate.expires)) {
		return [{...incident, phase: {is: 'gating', ...stamp}}, [{do: 'open-gate', ...stamp}]];
	}

	const answer = {by: event.actor, at: event.at, ...(event.why === undefined ? {} : {why: event.why})};
	if (event.answer === 'decline') {
		const declined = editVisit(incident, event, () => ({gate: {...gate, answer: {...answer, approved: false}}}));
		return arriveAtDecide(endVisit(declined, event.at, {ended: 'declined', say: event.why ?? 'Declined at the gate.'}));
	}

	if (event.answer !== (gate.phrase ?? 'approve')) {
		return [{...incident, phase: {is: 'gate', refused: event.answer, ...stamp}}, []];
	}

	const approved = editVisit(incident, event, () => ({gate: {...gate, answer: {...answer, approved: true}}}));
	return [{...approved, phase: {is: 'intending', ...stamp}}, [{do: 'intend', tries: 0, ...stamp}]];
}
