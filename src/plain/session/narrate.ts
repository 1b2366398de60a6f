import type {Incident, Phase, Visit} from '../../domain/incident/incident.ts';
import {currentStep, currentVisit} from '../../domain/incident/incident.ts';
import {findStep, needsPerson} from '../../domain/runbook/runbook.ts';
import {wrap} from '../../domain/text/wrap.ts';
import type {SessionView} from '../../engine/session/session.ts';
import {firstParagraph, sayProse} from './say-prose.ts';
import {indented, sayEarlier, sayResult, sayStart} from './say-visit.ts';

export type Telling = {
	/** The runbook's explanation of every step, not only of those in which a person has something to do. */
	explains: boolean;
};

/** What there is to tell when one state follows another, line by line. Pure. */
export function narrate(before: SessionView | undefined, after: SessionView, telling: Telling): string[] {
	const {incident} = after;
	return [
		...(before ? [] : sayOpening(incident, telling)),
		...sayLog(before, after),
		...incident.visits.flatMap((visit, at) => sayVisit(before?.incident, incident, visit, at, telling)),
		...sayPhase(before?.incident.phase, incident.phase),
		...incident.notes.slice(before ? before.incident.notes.length : incident.notes.length).map(() => 'Noted.'),
	];
}

function sayOpening(incident: Incident, {explains}: Telling): string[] {
	const {runbook, drill, dryRun, visits, id, inputs} = incident;
	const intro = firstParagraph(runbook.intro);
	const isNew = explains && visits.every(({endedAt}) => endedAt === undefined);
	const image = typeof inputs.image === 'string' ? ` Image: ${inputs.image}.` : '';
	return [
		...(drill ? wrap(`REHEARSAL (${drill.scenario}, seed ${drill.seed}). Nothing real is touched.`) : []),
		...(dryRun ? ['DRY RUN. Changes are only described; what follows from them is assumed.'] : []),
		...wrap(`${runbook.title}.${image}`),
		`Incident ${id}.`,
		...(isNew && intro !== '' ? wrap(intro) : []),
	];
}

/** The log of a change is told as it comes; that of a check is in the evidence. */
function sayLog(before: SessionView | undefined, {live}: SessionView): string[] {
	const writes = before && currentVisit(before.incident)?.effect !== 'read';
	const seen = before?.live.lines.at(-1)?.number ?? 0;
	return writes ? live.lines.filter(({number}) => number > seen).map(({text}) => `  | ${text}`) : [];
}

function sayVisit(
	before: Incident | undefined,
	incident: Incident,
	visit: Visit,
	at: number,
	telling: Telling,
): string[] {
	const known = before?.visits[at];
	if (known === visit) {
		return [];
	}

	if (!before && visit.endedAt !== undefined) {
		return sayEarlier(incident, visit);
	}

	const {gate, progress, tries, problem, endedAt} = visit;
	const answer = gate?.answer;
	const isOver = endedAt !== undefined && known?.endedAt === undefined;
	return [
		...(known ? [] : [...sayStart(incident, visit), ...explain(incident, visit, telling)]),
		...(answer && !known?.gate?.answer
			? indented(`${answer.approved ? 'Approved' : 'Declined'} by ${answer.by}.`)
			: []),
		...(known && tries > known.tries && known.tries > 0 ? ['  Trying again.'] : []),
		...progress.slice(known?.progress.length ?? 0).flatMap(({say}) => indented(say)),
		...(problem && problem !== known?.problem && endedAt === undefined
			? indented(`That did not work: ${problem.message}`)
			: []),
		...(isOver ? sayResult(visit) : []),
	];
}

/** A sentence or two about a step that is new; all of it where the step is work for a person. */
function explain({runbook}: Incident, {step: id, attempt}: Visit, {explains}: Telling): string[] {
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

	switch (phase.is) {
		case 'unsure':
			return phase.asked ? [] : indented(`It is not known whether this happened. ${phase.say} Looking it up.`);

		case 'gating':
			if (before?.is === 'gate') {
				return ['  The time for this gate is over. It is shown again.'];
			}

			return before?.is === 'unsure' ? ['  It did not happen. Whether it should is asked again.'] : [];

		case 'running':
			return before?.is === 'unsure' ? ['  It is under way where it runs. Following it.'] : [];

		case 'waiting':
			return [`  Waiting until ${phase.until.slice(11, 19)} UTC.`];

		case 'stopped':
			return before?.is === 'stopped' ? [] : wrap(`The runbook has ended: ${phase.say}`);

		default:
			return [];
	}
}

/** What is under way, for a heartbeat. */
export function underWay({incident}: SessionView): {title: string; since: string} {
	const {phase, lastAt} = incident;
	const visit = currentVisit(incident);
	return {title: currentStep(incident)?.title ?? phase.is, since: visit?.startedAt ?? lastAt};
}
