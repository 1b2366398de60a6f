import {defined} from '../../domain/defined.ts';
import {formatReference} from '../../domain/image/reference.ts';
import {whatGoesOn} from '../../domain/incident/goes-on.ts';
import {diskBehindIntact, type Incident, isFinished, type Visit} from '../../domain/incident/incident.ts';
import {sayItems, sayRemediesOf} from '../../domain/incident/item.ts';
import {platformsLost, sayPlanned, verdictOfImage} from '../../domain/incident/standing.ts';
import {doneIn, wasTurnedDown} from '../../domain/post-mortem/changes.ts';
import {findStep} from '../../domain/runbook/runbook.ts';
import {sayDuration, sayTimeOfDay} from '../../domain/text/time.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {count, upperFirst} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';

/** Where an incident is kept, and the command that goes on with it. */
export type Whereabouts = {
	journalFolder: string;
	resumeCommand: string;
	/** Of the terminal. */
	columns?: number;
};

/** What stays in the scrollback: the verdict, what was done, what is left, where the journal is, how to go on. */
export function sayEnd(incident: Incident, {journalFolder, resumeCommand, columns}: Whereabouts): string[] {
	const {phase, drill, dryRun} = incident;
	const kind = drill ? 'Rehearsal, nothing real was touched. ' : dryRun ? 'Dry run, nothing was changed. ' : '';
	const next =
		phase.kind === 'stopped' && phase.closed
			? `Report:  regmedic export ${visibleLine(incident.id)}`
			: `Resume:  ${visibleLine(resumeCommand)}`;
	return [
		...item('Verdict', `${kind}${verdictOf(incident)}`, columns),
		...item('Done', doneOf(incident), columns),
		...item('Left', leftOf(incident), columns),
		`Journal: ${visibleLine(journalFolder)}`,
		next,
	];
}

function item(name: string, text: string, columns?: number): string[] {
	return wrap(text, {first: `${name}:`.padEnd(9), rest: ' '.repeat(9), ...defined({columns})});
}

function verdictOf(incident: Incident): string {
	const {verdict, image: reference} = incident;
	const image = formatReference(reference);
	if (verdict === undefined) {
		return `${image} is unknown: no check has finished.`;
	}

	if (verdict.verdict === 'unknown') {
		return `${image} is unknown: ${whyUnknown(incident)}.`;
	}

	const lost = platformsLost(incident);
	const without = lost.length === 0 ? '' : `; the repair lost ${lost.join(', ')}`;
	const planned = sayPlanned(incident);
	return `${planned === undefined ? '' : `${planned} `}${image} is ${verdictOfImage(incident)}, as checked at ${sayTimeOfDay(verdict.at)}${without}.`;
}

function whyUnknown(incident: Incident): string {
	// A check of many images that is not over says how many are whole, and what it did not look at yet.
	const last = incident.visits.filter(isFinished).findLast(({shows}) => shows === 'verdict');
	if (last?.output.kind === 'check-all' && last.endedAt === incident.verdict?.at) {
		return last.say.replace(/\.$/, '');
	}

	if (incident.changed) {
		return 'something was changed, and the image was not verified since';
	}

	const disk = diskBehindIntact(incident);
	const served = 'the registry serves every part of it';
	return disk === undefined
		? 'the last check was incomplete'
		: disk === 'damaged'
			? `${served}, and its disk is damaged: a restart may break it`
			: `${served}, and its disk could not be read`;
}

function doneOf({visits, openedAt, lastAt, runbook}: Incident): string {
	const ended = visits.filter(({endedAt}) => endedAt !== undefined);
	const changes = visits.filter(visit => {
		const {effect, tries, ended: how, step, outcome, items = []} = visit;
		return items.length > 0
			? sayRemediesOf(items) !== ''
			: effect === 'read'
				? findStep(runbook, step)?.does.kind === 'by-hand' && outcome === 'done'
				: (tries > 0 || how === 'by-hand') && !wasTurnedDown(visit);
	});
	if (ended.length === 0 && changes.length === 0) {
		return 'nothing yet.';
	}

	const took = sayDuration(Math.max(0, Date.parse(lastAt) - Date.parse(openedAt)));
	const list = changes.map(visit => `${visit.title} (${outcomeOf(visit)})`).join(', ');
	return `${count(ended.length, 'step')} in ${took}; ${list === '' ? 'no changes' : `changes: ${list}`}.`;
}

function outcomeOf(visit: Visit): string {
	const {outcome, ended, endedAt, progress, success, effect, items = [], putOff} = visit;
	if (items.length > 0) {
		return `${sayItems(items)}${putOff === undefined ? '' : `; ${putOff} put off`}: ${sayRemediesOf(items)}`;
	}

	if (endedAt === undefined) {
		return 'not known';
	}

	if (ended === 'by-hand') {
		return `by hand: ${outcome}`;
	}

	// It failed between two changes, or before the first.
	const isPartial = effect !== 'read' && ended !== 'answered' && !success.includes(outcome ?? '');
	const done = isPartial ? (progress.length === 0 ? '' : `, after: ${doneIn(visit).join(' ')}`) : '';
	return `${outcome ?? 'failed'}${done}`;
}

/** The image is intact; the steps may have found other damage and risks. */
function sayFollowUps(incident: Incident): string {
	const {visits} = incident;
	const lost = platformsLost(incident);
	const followUps =
		visits.flatMap(({output}) => (output?.kind === 'follow-ups' ? [output.followUps] : [])).at(-1) ?? [];
	const risks = visits.flatMap(({output}) => (output?.kind === 'audit' ? [output.risks] : [])).at(-1) ?? [];
	const suspended = visits.filter(({output}) => output?.kind === 'suspension');
	const found = followUps.length + risks.length + suspended.length;
	const rest = found === 0 ? [] : [`${count(found, 'follow-up')}, in the post-mortem`];
	const gone = lost.length === 0 ? [] : [`to build it for ${lost.join(', ')} again`];
	return [...gone, ...rest].join('; ') || 'nothing';
}

function leftOf(incident: Incident): string {
	const {phase, runbook} = incident;
	const title = 'step' in phase ? (findStep(runbook, phase.step)?.title ?? phase.step) : '';
	switch (phase.kind) {
		case 'stopped': {
			const isIntact = incident.verdict?.verdict === 'intact' && !phase.unverified;
			const left = phase.closed
				? isIntact
					? sayFollowUps(incident)
					: 'the image, which was not verified as intact'
				: 'to close the journal';
			return `${left}; the runbook ended with "${phase.stop}": ${phase.say}`;
		}

		case 'unsure':
			return `to find out whether "${title}" was carried out. ${upperFirst(phase.say)}`;

		case 'running':
			return whatGoesOn(incident)[0] ?? `"${title}" was interrupted, and starts again.`;

		case 'gate':
		case 'gating':
			return `"${title}" waits for approval; nothing was started.`;

		case 'asking':
			return `"${title}" waits for an answer.`;

		case 'stuck':
			return `"${title}" failed, and the runbook does not say what to do next.`;

		default:
			return `"${title}" is next.`;
	}
}
