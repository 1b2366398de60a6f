import {defined} from '../defined.ts';
import type {Verdict} from '../image/verdict.ts';
import type {EvidenceNote, Problem, StepStamp} from '../incident/event.ts';
import {type FinishedVisit, type Incident, stateOfDisk, type Visit} from '../incident/incident.ts';
import {type Output, parseOutput, verifications} from '../incident/outputs.ts';
import {leftIn, lostOfMany, platformsLost} from '../incident/standing.ts';
import type {JsonObject} from '../json.ts';
import {findStep, isStop} from '../runbook/runbook.ts';
import {type Advanced, arrive, enter} from './effects.ts';
import {abandonVisit, editVisit, visitOf, withVisit} from './visits.ts';

/** Goes to the step in which a person decides; without one, the person answers at the current step. */
export function arriveAtDecide(incident: Incident): Advanced {
	const {decide, start} = incident.runbook;
	const last = incident.visits.at(-1);
	if (decide !== undefined && !(last?.step === decide && last.ended === 'surprise')) {
		return arrive(incident, decide);
	}

	return enter(incident, {kind: 'stuck', step: last?.step ?? start, attempt: last?.attempt ?? 1});
}

/** The runbook has no route for what happened: a person decides, with the problem and its hint on the screen. */
export function surprise(incident: Incident, stamp: StepStamp, problem: Problem, at: string): Advanced {
	const visited = withVisit(incident, stamp, at);
	const ended = abandonVisit(visited, {endedAt: at, ended: 'surprise', say: problem.message, problem});
	return arriveAtDecide({...ended, problem: {...problem, step: stamp.step}});
}

type Ending = StepStamp & {
	at: string;
	how: FinishedVisit['ended'];
	outcome: string;
	output: Output;
	/** The output as the journal keeps it. */
	values: JsonObject;
	say: string;
	problem?: Problem;
	evidence?: EvidenceNote[];
};

/** Ends the visit and takes the route of its outcome. */
export function finish(incident: Incident, ending: Ending): Advanced {
	const {step: id, at, how, outcome, output, values, say, problem, evidence = []} = ending;
	const step = findStep(incident.runbook, id);
	const route = step && Object.hasOwn(step.outcomes, outcome) ? step.outcomes[outcome] : undefined;
	const kept = editVisit(incident, ending, visit => ({...visit, evidence: [...visit.evidence, ...evidence]}));
	if (!route) {
		const unrouted: Problem = {
			code: 'runbook.unrouted',
			message: `"${id}" ended with "${outcome}", and the runbook has no route for that outcome.`,
			hint: 'Decide how to continue, then lint the runbook.',
		};
		return surprise(kept, ending, unrouted, at);
	}

	// A visit that ended without an outcome ends again when a person records one.
	const visited = withVisit(kept, ending, at);
	const {problem: problemBefore, ...facts} = visitOf(visited, ending)!;
	const visit: FinishedVisit = {
		...facts,
		state: 'ended',
		ended: how,
		endedAt: at,
		outcome,
		output,
		values,
		say,
		// A result replaces the problem of an earlier try: "it may have started" is not true of what has ended.
		...defined({problem: problem ?? (how === 'ran' ? undefined : problemBefore)}),
	};
	const known = {...editVisit(visited, ending, () => visit), ...knownAfter(incident, visit)};

	if (isStop(route)) {
		const {stop, say: last} = route;
		if (route.unverified) {
			return enter(known, {kind: 'stopped', stop, say: last, unverified: true, closed: false});
		}

		// Whatever the runbook promises: after a change, or where a step was skipped, assumed or done by hand, only an intact
		// check makes the end a verified one.
		const onTrust = known.visits.filter(isOnTrust);
		const left = leftIn(known);
		if (left !== undefined && onTrust.length === 0) {
			return enter(known, {kind: 'stopped', stop: someLeft, say: left, unverified: false, closed: false});
		}

		return (known.changed || onTrust.length > 0) && known.verdict?.verdict !== 'intact'
			? enter(known, {
					kind: 'stopped',
					stop: notVerified,
					say: sayNotVerified(known, onTrust),
					unverified: true,
					closed: false,
				})
			: enter(known, {kind: 'stopped', ...inPart(known, {stop, say: last}), unverified: false, closed: false});
	}

	// Whoever decides next is told why it did not do its work.
	const isTold = how === 'ran' && problem !== undefined && route.to === incident.runbook.decide;
	return arrive(isTold ? {...known, problem: {...problem, step: id}} : known, route.to);
}

/** The stop of an end whose repair lost a platform. */
const fixedInPart = 'fixed-in-part';

/** Whatever the runbook promises: an image that lost a platform is not fixed for whoever runs on that. */
function inPart(incident: Incident, promised: {stop: string; say: string}): {stop: string; say: string} {
	const lost = platformsLost(incident).join(', ');
	const many = lostOfMany(incident).join('; ');
	return lost === '' && many === ''
		? promised
		: {
				stop: fixedInPart,
				say:
					many === ''
						? `The image is intact, and the repair lost ${lost}: it cannot be pulled for that any more.`
						: `The images are intact, and the repair lost ${many}: they cannot be pulled for that any more.`,
			};
}

/** The stop of an end that leaves damaged images, as a person decided. */
const someLeft = 'some-left';

/** The stop of an end that promises more than was verified. */
export const notVerified = 'not-verified';

function isOnTrust({ended}: Visit): boolean {
	return ended === 'skipped' || ended === 'by-hand' || ended === 'assumed';
}

/** What such an end says instead of the sentence of the page. */
function sayNotVerified(incident: Incident, onTrust: readonly Visit[]): string {
	const {verdict, changed} = incident;
	const found = verdict?.verdict === 'broken' ? ' The last check found the image broken.' : '';
	const reason = onTrust.findLast(({step}) => isVerification(incident, step)) ?? (changed ? undefined : onTrust.at(-1));
	if (reason === undefined) {
		return `The image was not verified after the last change: it may still be broken.${found}`;
	}

	const {title, ended, outcome} = reason;
	const how = ended === 'skipped' ? 'skipped' : ended === 'by-hand' ? 'done by hand' : 'assumed in a dry run';
	return `The image was not verified: "${title}" was ${how}, as "${outcome}".${found}`;
}

/** Only a check that ran proves anything; after a change made by hand, or a check that a person skipped, the image is unknown. */
function knownAfter(incident: Incident, visit: FinishedVisit): Pick<Incident, 'verdict' | 'changed'> {
	const {verdict, changed, runbook} = incident;
	const {step, effect, shows, sparesImage, ended, outcome, output, endedAt: at} = visit;
	if (shows === 'verdict' && ended === 'ran' && output.kind === 'check') {
		return {verdict: {verdict: output.check.verdict, at}, changed};
	}

	if (shows === 'verdict' && ended === 'ran' && (output.kind === 'scope' || output.kind === 'check-all')) {
		return {verdict: {verdict: verdictOfMany(output), at}, changed};
	}

	const triedByHand = findStep(runbook, step)?.does.kind === 'by-hand' && ended === 'answered';
	const changedByHand = ended === 'by-hand' ? effect !== 'read' && !sparesImage : triedByHand && outcome === 'done';
	// The registry can serve from memory what the disk has lost.
	const isUnproven =
		triedByHand || stateOfDisk(visit) !== undefined || (isOnTrust(visit) && isVerification(incident, step));
	if (changedByHand || (isUnproven && verdict?.verdict === 'intact')) {
		const unknown: Verdict = 'unknown';
		return {verdict: {verdict: unknown, at}, changed: changed || changedByHand};
	}

	return {...defined({verdict}), changed};
}

function verdictOfMany(output: Extract<Output, {kind: 'scope' | 'check-all'}>): Verdict {
	if (output.kind === 'check-all') {
		return output.verdict;
	}

	const isUnknown = output.trouble !== undefined || output.gaps.length > 0;
	return output.images.length > 0 ? 'broken' : isUnknown ? 'unknown' : 'intact';
}

/** A step that was skipped before it began has no declaration in the journal: the page says what it does. */
function isVerification({runbook}: Incident, id: string): boolean {
	const does = findStep(runbook, id)?.does;
	return does?.kind === 'action' && verifications.has(does.action);
}

/** Parses the output of this step's action. */
export function outputOf({runbook}: Incident, id: string, values: JsonObject): Output {
	const does = findStep(runbook, id)?.does;
	return does?.kind === 'action' ? parseOutput(does.action, values) : {kind: 'none'};
}
