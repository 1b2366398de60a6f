import {BugWhileRunning, Cancelled, OperatorError} from '../errors.ts';
import {findStep} from '../runbook/runbook.ts';
import {upperFirst} from '../text/wording.ts';
import {currentVisit, type Incident, isFinished, stillRunning} from './incident.ts';

/** What goes on outside when regmedic ends here, whatever the reason, a sentence each: what, where, and what was last seen of it. */
export function whatGoesOn(incident: Incident): string[] {
	return [...ofPhase(incident), ...ofItems(incident), ...leftRunning(incident)];
}

/** For an error that ends a session: it says what goes on without it. Whoever took the incident over follows that already. */
export function withWhatGoesOn(error: Error, incident: Incident | undefined): Error {
	const goesOn = incident === undefined ? [] : whatGoesOn(incident);
	const isSaid = error instanceof BugWhileRunning || error instanceof Cancelled || error.name === 'AbortError';
	if (goesOn.length === 0 || isSaid) {
		return error;
	}

	if (!(error instanceof OperatorError)) {
		return new BugWhileRunning(error, goesOn);
	}

	const {code, message, hint, exit} = error;
	return exit === 'locked'
		? error
		: new OperatorError(code, [message, ...goesOn].join('\n'), {hint, exit: 'indeterminate', cause: error});
}

function ofPhase(incident: Incident): string[] {
	const {phase, runbook} = incident;
	const visit = currentVisit(incident);
	if (visit === undefined || visit.effect === 'read' || (phase.kind !== 'running' && phase.kind !== 'unsure')) {
		return [];
	}

	const title = findStep(runbook, phase.step)?.title ?? phase.step;
	const where = visit.gate === undefined ? '' : ` (${visit.gate.target})`;
	const known = visit.progress.at(-1)?.say;
	return sayOpen(`"${title}"${where}`, phase, known);
}

function ofItems(incident: Incident): string[] {
	return (currentVisit(incident)?.items ?? []).flatMap(({title, target, state, progress}) =>
		state.kind === 'running' || state.kind === 'unsure'
			? sayOpen(`"${title}" (${target})`, state, progress.at(-1)?.say)
			: [],
	);
}

type Open = {kind: 'running'; request: string} | {kind: 'unsure'; say: string};

function sayOpen(what: string, open: Open, known: string | undefined): string[] {
	const seen = known === undefined ? '' : ` Last seen: ${known}`;
	return open.kind === 'running'
		? [`${what} may still be running (request ${open.request}): leaving does not stop it.${seen}`]
		: [`Whether ${what} was carried out is not known. ${upperFirst(open.say)}${seen}`];
}

/** Builds that were left while they ran, and that no later visit has followed to their end. */
function leftRunning({visits}: Incident): string[] {
	return visits
		.filter(isFinished)
		.filter(({outcome, ended}) => outcome === stillRunning && ended === 'ran')
		.filter(({step, attempt}) => !visits.some(later => later.step === step && later.attempt > attempt))
		.map(({title, say}) => `"${title}": ${say}`);
}
