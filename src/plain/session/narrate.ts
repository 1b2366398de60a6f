import {formatReference} from '../../domain/image/reference.ts';
import type {Incident, Phase, Visit} from '../../domain/incident/incident.ts';
import {currentVisit} from '../../domain/incident/incident.ts';
import {firstParagraph} from '../../domain/runbook/prose.ts';
import {findStep, needsPerson} from '../../domain/runbook/runbook.ts';
import {sayTimeOfDay} from '../../domain/text/time.ts';
import {count} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';
import type {SessionView} from '../../engine/session/session.ts';
import {sayProse} from './prompt.ts';
import {sayItemNews} from './say-plan.ts';
import {indented, sayEarlier, sayResult, sayStart} from './say-visit.ts';

type NarrateOptions = {
	/** The runbook's explanation of every step, not only of those in which a person has something to do. */
	explains: boolean;
};

/** What a reader is told when one state follows another, line by line. Pure. */
export function narrate(before: SessionView | undefined, after: SessionView, options: NarrateOptions): string[] {
	const {incident} = after;
	return [
		...(before ? [] : sayOpening(incident, options)),
		...sayLog(before, after),
		...incident.visits.flatMap((visit, at) => {
			const known = before?.incident.visits[at];
			const isEarlier = !before && visit.endedAt !== undefined;
			return isEarlier ? sayEarlier(incident, visit) : known === visit ? [] : sayVisit(incident, visit, known, options);
		}),
		...sayPhase(before?.incident.phase, incident.phase),
		...incident.notes.slice(before ? before.incident.notes.length : incident.notes.length).map(() => 'Noted.'),
	];
}

function sayOpening(incident: Incident, {explains}: NarrateOptions): string[] {
	const {runbook, drill, dryRun, visits, id, image} = incident;
	const intro = firstParagraph(runbook.intro);
	const isNew = explains && visits.every(({endedAt}) => endedAt === undefined);
	return [
		...(drill ? wrap(`REHEARSAL (${drill.scenario}, seed ${drill.seed}). Nothing real is touched.`) : []),
		...(dryRun ? ['DRY RUN. Changes are described, not made; their outcomes are assumed.'] : []),
		...wrap(`${runbook.title}. Image: ${formatReference(image)}.`),
		`Incident ${id}.`,
		...(isNew && intro !== '' ? wrap(intro) : []),
	];
}

/** The log of a change is shown as it comes; that of a check is kept as evidence. */
function sayLog(before: SessionView | undefined, {live}: SessionView): string[] {
	const writes = before && currentVisit(before.incident)?.effect !== 'read';
	const seen = before?.live.lines.at(-1)?.number ?? 0;
	const fresh = writes ? live.lines.filter(({number}) => number > seen) : [];
	// Only the last lines are kept for the screen.
	const left = fresh.length === 0 ? 0 : fresh[0]!.number - seen - 1;
	return [
		...(left > 0 ? [`  | (${count(left, 'line')} left out; the evidence has them)`] : []),
		...fresh.map(({text}) => `  | ${text}`),
	];
}

/** @param known the same visit as it was told before; undefined where it is new */
function sayVisit(incident: Incident, visit: Visit, known: Visit | undefined, options: NarrateOptions): string[] {
	const {gate, waits = [], progress, tries, problem, endedAt} = visit;
	const answer = gate?.answer;
	const isOver = endedAt !== undefined && known?.endedAt === undefined;
	return [
		...(known ? [] : [...sayStart(incident, visit), ...explain(incident, visit, options)]),
		...(answer && !known?.gate?.answer
			? indented(`${answer.approved ? 'Approved' : 'Declined'} by ${answer.by}.`)
			: []),
		...(known && tries > known.tries && known.tries > 0 ? ['  Retrying.'] : []),
		...waits.slice(known?.waits?.length ?? 0).flatMap(({say}) => indented(say)),
		...progress.slice(known?.progress.length ?? 0).flatMap(({say}) => indented(say)),
		...(visit.items === known?.items ? [] : sayItemNews(visit, known)),
		...(problem && problem !== known?.problem && endedAt === undefined ? indented(`Failed: ${problem.message}`) : []),
		...(isOver ? sayResult(visit) : []),
	];
}

/** The first paragraph about a step that is new; all of its prose where a person does the step. */
function explain({runbook}: Incident, {step: id, attempt}: Visit, {explains}: NarrateOptions): string[] {
	const step = findStep(runbook, id);
	if (!step || attempt > 1 || step.prose === '') {
		return [];
	}

	if (step.does.kind === 'by-hand') {
		return sayProse(step.prose, '  ');
	}

	const first = firstParagraph(step.prose);
	return first !== '' && (explains || needsPerson(step)) ? indented(first) : [];
}

function sayPhase(before: Phase | undefined, phase: Phase): string[] {
	if (before === phase) {
		return [];
	}

	switch (phase.kind) {
		case 'unsure':
			return phase.asked ? [] : indented(`It is not known whether the change was made. ${phase.say} Checking.`);

		case 'gating':
			if (before?.kind === 'gate') {
				return ['  The gate has expired. It is shown again.'];
			}

			return before?.kind === 'unsure'
				? ['  No sign of the change was seen so far. A second order needs your approval.']
				: [];

		case 'running':
			return before?.kind === 'unsure' ? ['  The change is under way. Following it.'] : [];

		case 'preparing':
			return before?.kind === 'preparing' ? [] : ['  Looking up what the remedies would change.'];

		case 'waiting':
			return [`  Waiting until ${sayTimeOfDay(phase.until)}.`];

		case 'stopped':
			return before?.kind === 'stopped' ? [] : wrap(`The runbook has ended: ${phase.say}`);

		default:
			return [];
	}
}
