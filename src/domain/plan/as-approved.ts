import type {Change} from '../incident/change.ts';
import type {Happening} from '../incident/event.ts';
import {currentVisit, type Incident, type Visit} from '../incident/incident.ts';
import {heldItems} from '../incident/item.ts';
import type {PlanRow} from '../incident/plan-row.ts';
import {findStep, leave, remedyOfPage} from '../runbook/runbook.ts';
import {count} from '../text/wording.ts';
import {countDestructive} from './items.ts';
import {whyOtherTags} from './other-tags.ts';
import type {Plan, PlanItem} from './plan.ts';
import {type PlanChange, planChangeOf} from './plan-change.ts';
import {pointedTo} from './plan-siblings.ts';
import {rowOfItem} from './row-id.ts';

/**
 * What an incident is told that carries out an approved plan. `approve`: its gate holds nothing but what was approved. `leave`: a
 * person has to go on.
 */
export type PlanWord =
	| {kind: 'say'; happening: Happening; tell: string[]; unlike: string[]}
	| {kind: 'approve'; happening: Happening}
	| {kind: 'leave'; tell: string};

/**
 * The incident has found and prepared everything itself. Of the plan it takes which images are repaired by which remedy, and only
 * where it would make the same changes to an image with the same tags. A second plan, and every other question, are for a person.
 * @param unlike the rows whose changes were not those of the plan
 */
export function wordOfPlan(plan: Plan, incident: Incident, unlike: ReadonlySet<string>): PlanWord {
	const {phase, runbook} = incident;
	const visit = currentVisit(incident);
	const isApply = visit !== undefined && findStep(runbook, visit.step)?.does.kind === 'apply';
	if (visit === undefined || visit.attempt > 1) {
		return {kind: 'leave', tell: 'What is left needs another plan.'};
	}

	if (phase.kind === 'asking' && visit.rows) {
		return settle(plan, visit, {rows: visit.rows, unlike, incident});
	}

	if (phase.kind === 'gate' && isApply) {
		return approve(plan, visit, incident.image.host);
	}

	const [held] = phase.kind === 'applying' ? heldItems(visit.items) : [];
	if (held !== undefined) {
		const {step, attempt} = visit;
		const happening: Happening = {type: 'item.retried', item: held.id, step, attempt};
		return {kind: 'say', happening, tell: [`${held.title}: looked up again.`], unlike: []};
	}

	return restartNone(visit) ?? {kind: 'leave', tell: 'The rest is for a person.'};
}

/** A plan restarts no pipeline that failed meanwhile; and the check of the whole registry comes after that question. */
function restartNone({asked, step, attempt}: Visit): PlanWord | undefined {
	if (asked?.kind !== 'ask' || !asked.questions.every(({type}) => type === 'tick')) {
		return undefined;
	}

	const options = asked.questions.flatMap(question => question.options);
	return {
		kind: 'say',
		happening: {
			type: 'answers.given',
			step,
			attempt,
			answers: Object.fromEntries(asked.questions.map(({name}) => [name, []])),
		},
		tell: [`${count(options.length, 'failed pipeline')} not restarted: the plan does not say so.`],
		unlike: [],
	};
}

function settle(
	plan: Plan,
	{step, attempt}: Visit,
	{rows, unlike, incident}: {rows: readonly PlanRow[]; unlike: ReadonlySet<string>; incident: Incident},
): PlanWord {
	const {host} = incident.image;
	const choose = (some: readonly PlanRow[], remedy: string): PlanWord => ({
		kind: 'say',
		happening: {type: 'plan.chosen', step, attempt, rows: some.map(({id}) => id), remedy},
		tell: [],
		unlike: [],
	});
	const leaveAlone = (some: readonly PlanRow[], why: (row: PlanRow) => string | undefined): PlanWord => ({
		...(choose(some, leave) as Extract<PlanWord, {kind: 'say'}>),
		tell: some.map(row => `${row.title}: left alone. ${why(row)}`),
		unlike: some.map(({id}) => id),
	});
	const whyOther = (row: PlanRow) => {
		const image = itemFor(plan, row.id) && plan.images.find(({id}) => id === row.id);
		return image && whyOtherTags(image, row, incident);
	};
	const retagged = rows.filter(row => !unlike.has(row.id) && whyOther(row) !== undefined);
	if (retagged.length > 0) {
		return leaveAlone(retagged, whyOther);
	}

	const wanted = (row: PlanRow) => (unlike.has(row.id) ? leave : remedyIn(row, itemFor(plan, row.id)));
	const [other] = rows.filter(row => row.remedy !== wanted(row));
	if (other !== undefined) {
		const remedy = wanted(other);
		const same = rows.filter(row => row.remedy !== remedy && wanted(row) === remedy);
		return choose(same, remedy);
	}

	const wrong = rows.filter(row => row.remedy !== leave && whyUnlike(plan, row, host) !== undefined);
	if (wrong.length > 0) {
		return leaveAlone(wrong, row => whyUnlike(plan, row, host));
	}

	return rows.every(({remedy}) => remedy === leave)
		? {kind: 'leave', tell: 'Nothing of the plan is left to do.'}
		: {kind: 'say', happening: {type: 'plan.settled', step, attempt}, tell: [], unlike: []};
}

/** Which of several images a tag is pointed to, the changes of the plan say. */
function remedyIn({remedies, values}: PlanRow, item: PlanItem | undefined): string {
	const to = item?.changes.flatMap(change => (change.type === 'point-tag' ? [change.to] : []))[0];
	const pointed =
		item?.remedy === 're-point' &&
		remedies.find(
			each =>
				each.possible && remedyOfPage(each.remedy) === item.remedy && pointedTo({...values, ...each.values}) === to,
		);
	return pointed ? pointed.remedy : (item?.remedy ?? leave);
}

function approve(plan: Plan, {step, attempt, items = [], gate}: Visit, host: string): PlanWord {
	const strange = items.find(({row, remedy, changes}) => {
		const item = itemFor(plan, row);
		return item?.remedy !== remedyOfPage(remedy) || !areSame(item, changes, {from: plan.registry, to: host});
	});
	const destructive = items.reduce((sum, each) => sum + each.destructive, 0);
	if (strange !== undefined || destructive > countDestructive(plan.items)) {
		return {kind: 'leave', tell: `The gate holds what was not approved: ${strange?.title ?? 'destructive changes'}.`};
	}

	const why = `plan ${plan.id}`;
	return {kind: 'approve', happening: {type: 'gate.answered', step, attempt, answer: gate?.phrase ?? 'approve', why}};
}

function itemFor({items}: Plan, row: string): PlanItem | undefined {
	return items.find(item => rowOfItem(item) === row);
}

function whyUnlike(plan: Plan, row: PlanRow, host: string): string | undefined {
	const {prepared, problem} = row;
	if (problem !== undefined || prepared === undefined) {
		return problem?.message ?? 'Its changes could not be looked up.';
	}

	return areSame(itemFor(plan, row.id), prepared.changes, {from: plan.registry, to: host})
		? undefined
		: 'What would have to be changed now is not what was approved.';
}

/** How the registry was called where the plan was made, and how it is called here: behind another tunnel it has another port. */
type Names = {from: string; to: string};

/** The same changes; or a pipeline that somebody started meanwhile is followed, and none is started. */
function areSame(item: PlanItem | undefined, changes: readonly Change[], names: Names): boolean {
	const now = changes.map(planChangeOf);
	const follows = now.every(change => change?.type === 'follow-pipeline');
	const started = item?.changes.every(({type}) => type === 'start-pipeline');
	const planned = item?.changes.map(change => renamed(change, names));
	return planned !== undefined && ((follows && started === true) || canonical(planned) === canonical(now));
}

/** Where a change holds the name of the registry itself. The bases of a build are called as its Dockerfile calls them. */
function renamed(change: PlanChange, {from, to}: Names): PlanChange {
	if (change.type === 'build-and-push') {
		const images = change.images.map(name => (name.startsWith(`${from}/`) ? `${to}${name.slice(from.length)}` : name));
		return {...change, images};
	}

	return change.type === 'bypass' && change.cache === from ? {...change, cache: to} : change;
}

function canonical(changes: readonly (PlanChange | undefined)[]): string {
	return JSON.stringify(
		changes.map(change => change && Object.entries(change).sort(([one], [other]) => (one < other ? -1 : 1))),
	);
}
