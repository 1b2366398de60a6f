import {defined} from '../defined.ts';
import {asOperatorError, OperatorError} from '../errors.ts';
import {type ImageReference, parseReference} from '../image/reference.ts';
import {parseAsked} from '../incident/asked.ts';
import type {EventOf} from '../incident/event.ts';
import {type Incident, lastVisit, type Visit} from '../incident/incident.ts';
import {newItem} from '../incident/item.ts';
import {readRows} from '../incident/plan-row.ts';
import {parseSettings} from '../incident/settings.ts';
import type {JsonObject} from '../json.ts';
import {parseRunbook} from '../runbook/parser.ts';
import {type Doing, findStep} from '../runbook/runbook.ts';
import {type Advanced, arrive, enter, stampOf} from './effects.ts';
import {weigh} from './plan.ts';
import {editVisit, newVisit, visitOf} from './visits.ts';

const schema: EventOf<'incident.opened'>['schema'] = 'regmedic.journal/1';

/**
 * The incident that an `incident.opened` event begins.
 * @throws OperatorError journal.foreign: this version cannot read it
 */
export function open(event: EventOf<'incident.opened'>): Advanced {
	const {incident: id, inputs, settings: values, dryRun, drill, at, actor} = event;
	const {runbook} = parseRunbook(event.runbook);
	const settings = parseSettings(values);
	const foreign = (why: string, cause?: unknown) =>
		new OperatorError('journal.foreign', `${id} was written by regmedic ${event.version}: ${why}.`, {
			hint: 'Read it with that version. Nothing was changed.',
			exit: 'failed',
			cause,
		});
	if (event.schema !== schema) {
		throw foreign(`its journal is a ${event.schema}, not a ${schema}`);
	}

	if (!runbook || !settings) {
		throw foreign(runbook ? 'its settings cannot be read' : 'its runbook cannot be read');
	}

	let image: ImageReference;
	try {
		image = parseReference(typeof inputs.image === 'string' ? inputs.image : '');
	} catch (error) {
		throw foreign(`its image cannot be read: ${asOperatorError(error).message}`, error);
	}

	return arrive(
		{
			id,
			runbook,
			image,
			settings,
			opening: {inputs, settings: values},
			dryRun,
			...defined({drill}),
			openedAt: at,
			openedBy: actor,
			lastAt: at,
			phase: {kind: 'arriving', step: runbook.start},
			visits: [],
			notes: [],
			changed: false,
		},
		runbook.start,
	);
}

/** A step begins: a person is asked, a read starts at once, a write waits at its gate. */
export function started(incident: Incident, event: EventOf<'step.started'>): Advanced {
	const step = findStep(incident.runbook, event.step)!;
	const {effect, success, shows, sparesImage, at, with: values} = event;
	const stamp = stampOf(event);
	const visit: Visit = {
		...newVisit(incident, event, at),
		effect,
		with: values,
		success,
		...defined({shows, sparesImage, asked: parseAsked(step.does, values)}),
		...planOf(incident, step.does, values),
	};
	const {problem: _, ...calm} = incident;
	// The problem stays on the screen for the step in which a person decides about it.
	const begun: Incident = {...(step.does.kind === 'choose' ? incident : calm), visits: [...incident.visits, visit]};

	if (step.does.kind === 'wait') {
		const until = new Date(Date.parse(at) + step.does.milliseconds).toISOString();
		return enter(begun, {kind: 'waiting', until, ...stamp});
	}

	if (step.does.kind === 'plan') {
		return weigh(begun, stamp, at);
	}

	if (step.does.kind === 'apply') {
		return enter(begun, {kind: 'gating', ...stamp});
	}

	if (step.does.kind !== 'action') {
		return enter(begun, {kind: 'asking', ...stamp});
	}

	return enter(begun, effect === 'read' ? {kind: 'intending', tries: 0, ...stamp} : {kind: 'gating', ...stamp});
}

/** The rows that a person settles, or the items that were settled. */
function planOf(
	incident: Incident,
	does: Doing,
	values: JsonObject,
): Pick<Visit, 'rows' | 'items' | 'planned' | 'putOff'> {
	if (does.kind === 'plan') {
		const read = readRows(values.rows, Object.keys(does.remedies));
		return {rows: read.ok ? read.rows : []};
	}

	const planned = does.kind === 'apply' ? lastVisit(incident, does.plan) : undefined;
	if (planned?.output.kind !== 'plan') {
		return {};
	}

	const {items, putOff} = planned.output;
	return {items: items.map(newItem), planned: stampOf(planned), ...defined({putOff: putOff?.length})};
}

/** From here on a change may have been made: the image is unknown until it is checked again. */
export function intended(incident: Incident, event: EventOf<'effect.intended'>): Advanced {
	const {effect, sparesImage, shows} = visitOf(incident, event)!;
	const {request, at} = event;
	// A check that does not finish must not leave an older `intact` standing.
	const isChecked = shows === 'verdict' && incident.verdict?.verdict === 'intact';
	const unproves = effect === 'read' ? isChecked : !sparesImage;
	return enter(
		{
			...editVisit(incident, event, visit => ({...visit, tries: visit.tries + 1})),
			changed: incident.changed || effect !== 'read',
			...(unproves ? {verdict: {verdict: 'unknown' as const, at}} : {}),
		},
		{kind: 'running', request, ...stampOf(event)},
	);
}
