import {currentVisit, type Incident, type Visit} from '../../domain/incident/incident.ts';
import {findStep} from '../../domain/runbook/runbook.ts';
import {sayDuration} from '../../domain/text/duration.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {count, upperFirst} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';

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
		phase.is === 'stopped' && phase.closed
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
	return wrap(text, {first: `${name}:`.padEnd(9), rest: ' '.repeat(9), ...(columns === undefined ? {} : {columns})});
}

function verdictOf({verdict, inputs, changed}: Incident): string {
	const image = typeof inputs.image === 'string' ? inputs.image : 'the image';
	const time = verdict?.at.slice(11, 19);
	if (verdict === undefined) {
		return `${image} is unknown: no check has come to an end.`;
	}

	if (verdict.verdict === 'unknown') {
		const why = changed
			? 'something was changed, and nothing has proven the image since'
			: 'the last check could not tell';
		return `${image} is unknown: ${why}.`;
	}

	return `${image} is ${verdict.verdict}, as checked at ${time} UTC.`;
}

function doneOf({visits, openedAt, lastAt, runbook}: Incident): string {
	const ended = visits.filter(({endedAt}) => endedAt !== undefined);
	const changes = visits.filter(({effect, tries, ended: how, step, outcome}) =>
		effect === 'read'
			? findStep(runbook, step)?.does.kind === 'by-hand' && outcome === 'done'
			: tries > 0 || how === 'by-hand',
	);
	if (ended.length === 0 && changes.length === 0) {
		return 'nothing yet.';
	}

	const took = sayDuration(Math.max(0, Date.parse(lastAt) - Date.parse(openedAt)));
	const told = changes.map(visit => `${visit.title} (${outcomeOf(visit)})`).join(', ');
	return `${count(ended.length, 'step')} in ${took}; ${told === '' ? 'no changes' : `changes: ${told}`}.`;
}

function outcomeOf({outcome, ended, endedAt}: Visit): string {
	if (endedAt === undefined) {
		return 'not known';
	}

	return ended === 'by-hand' ? `by hand: ${outcome}` : (outcome ?? 'failed');
}

/** The image is well; what the steps found besides is not. */
function sayFollowUps({visits}: Incident): string {
	const latest = (name: string) => visits.findLast(({output}) => Array.isArray(output[name]))?.output[name];
	const all = ['followUps', 'risks'].flatMap(name => latest(name) ?? []);
	return all.length === 0 ? 'nothing' : `${count(all.length, 'follow-up')}, in the post-mortem`;
}

function leftOf(incident: Incident): string {
	const {phase, runbook} = incident;
	const title = 'step' in phase ? (findStep(runbook, phase.step)?.title ?? phase.step) : '';
	const writes = currentVisit(incident)?.effect !== 'read';
	switch (phase.is) {
		case 'stopped': {
			const isIntact = incident.verdict?.verdict === 'intact' && !phase.unverified;
			const left = phase.closed
				? isIntact
					? sayFollowUps(incident)
					: 'the image, which is not proven intact'
				: 'to close the journal';
			return `${left}; the runbook ended with "${phase.stop}": ${phase.say}`;
		}

		case 'unsure':
			return `to find out what became of "${title}": whether it happened is not known. ${upperFirst(phase.say)}`;

		case 'running': {
			const known = currentVisit(incident)?.progress.at(-1)?.say;
			return writes
				? `"${title}" may go on where it runs (request ${phase.request}); leaving did not stop it.${known === undefined ? '' : ` Last seen: ${known}`}`
				: `"${title}" was interrupted; it begins again.`;
		}

		case 'gate':
		case 'gating':
			return `"${title}" waits for an approval; nothing of it has begun.`;

		case 'asking':
			return `"${title}" waits for an answer.`;

		case 'stuck':
			return `"${title}" did not work, and the runbook does not say what follows.`;

		default:
			return `"${title}" is next.`;
	}
}
