import fc from 'fast-check';
import {expect, it} from 'vitest';
import type {Change} from '../../../src/domain/incident/change.ts';
import type {Happening, PreparedItem} from '../../../src/domain/incident/event.ts';
import {currentVisit} from '../../../src/domain/incident/incident.ts';
import {wordOfPlan} from '../../../src/domain/plan/as-approved.ts';
import type {Plan} from '../../../src/domain/plan/plan.ts';
import {planChangeOf} from '../../../src/domain/plan/plan-change.ts';
import {planPage} from '../../support/plan-page.ts';
import {type Told, tellIncident} from '../../support/told-incident.ts';

const ids = ['base', 'web', 'tools'];
const remedies = ['mend', 'wipe'] as const;
type Remedy = (typeof remedies)[number];

const digest = (n: number) => `sha256:${String(n).repeat(64)}`;

/** Of a row, what each remedy would store now. */
type Now = Record<string, number>;

function planOf(items: {image: string; remedy: string; stores: number}[], tags = ['latest']): Plan {
	return {
		id: 'p-1',
		images: items.map(({image}) => ({id: image, tags})),
		items: items.map(({image, remedy, stores}) => ({
			image,
			remedy,
			changes: [{type: 'store-manifest', repository: image, digest: digest(stores)}],
		})),
	} as unknown as Plan;
}

function prepared(row: string, remedy: string, stores: number): PreparedItem {
	return {
		row,
		remedy,
		action: `change.${remedy}`,
		effect: 'write',
		success: [remedy === 'wipe' ? 'wiped' : 'mended'],
		atOnce: 4,
		with: {note: row},
		target: row,
		changes: [`stores ${row}`],
		plan: [{kind: 'put-manifest', repository: row, digest: digest(stores)}],
		undo: 'none',
		destructive: 0,
	};
}

/** Every answer of the machine to what is said, as the session gives it. */
function tellOn(told: Told, now: Now): Told {
	const {incident} = told;
	const visit = currentVisit(incident)!;
	const stamp = {step: visit.step, attempt: visit.attempt};
	const wanting = visit.rows?.filter(row => row.remedy !== 'leave' && !row.prepared && !row.problem) ?? [];
	return incident.phase.kind === 'preparing'
		? told.tell({
				type: 'plan.prepared',
				...stamp,
				prepared: wanting.map(({id, remedy}) => prepared(id, remedy, now[id]!)),
				unprepared: [],
			})
		: told;
}

const begun = (step: string, values = {}): Happening => ({
	type: 'step.started',
	effect: 'write',
	with: values,
	success: [],
	step,
	attempt: 1,
});

function opened(now: Now, tags: Record<string, string[]> = {}): Told {
	const rows = ids.map(id => ({id, tags: tags[id] ?? ['latest']}));
	return tellOn(tellIncident(planPage(rows)).tell(begun('plan', {rows})), now);
}

/** Says what the plan says until it says no more. */
function follow(plan: Plan, now: Now, tags?: Record<string, string[]>) {
	let told = opened(now, tags);
	const unlike = new Set<string>();
	const heard: string[] = [];
	for (let turn = 0; turn < 20; turn++) {
		const word = wordOfPlan(plan, told.incident, unlike);
		if (word.kind !== 'say') {
			return {word, heard, told};
		}

		heard.push(...word.tell);
		for (const id of word.unlike) {
			unlike.add(id);
		}

		told = told.tell(word.happening);
		if (word.happening.type === 'plan.settled') {
			return {word, heard, told};
		}

		told = tellOn(told, now);
	}

	throw new Error('It never ends.');
}

const settledItems = (told: Told) => {
	const atGate = told.tell(begun('apply'));
	return (currentVisit(atGate.incident)?.items ?? []).map(({row, remedy}) => `${row}: ${remedy}`);
};

it('takes the remedies of the plan, and leaves what the plan does not name', () => {
	const now = {base: 1, web: 2, tools: 3};
	const {word, heard, told} = follow(
		planOf([
			{image: 'base', remedy: 'mend', stores: 1},
			{image: 'tools', remedy: 'wipe', stores: 3},
		]),
		now,
	);

	expect(word).toMatchObject({kind: 'say', happening: {type: 'plan.settled'}});
	expect(heard).toEqual([]);
	expect(settledItems(told)).toEqual(['base: mend', 'tools: wipe']);
});

it('leaves a row whose changes would be others now, and says so; the rest goes on', () => {
	const plan = planOf([
		{image: 'base', remedy: 'mend', stores: 1},
		{image: 'web', remedy: 'mend', stores: 2},
	]);
	const {heard, told} = follow(plan, {base: 1, web: 9, tools: 3});

	expect(heard).toEqual(['web: left alone. What would have to be changed now is not what was approved.']);
	expect(settledItems(told)).toEqual(['base: mend']);
});

it.each<[string, string[], string]>([
	['lost a tag', ['2026-04'], 'latest was deleted or moved since the plan was made.'],
	['lost all of its tags', [], '2026-04, latest were deleted or moved since the plan was made.'],
	['got a tag', ['2026-04', 'edge', 'latest'], 'edge names it now, and did not when the plan was made.'],
	[
		'has other tags',
		['edge', 'next', 'latest'],
		'2026-04 was deleted or moved since the plan was made. edge, next name it now, and did not when the plan was made.',
	],
])('leaves an image alone that %s since it was approved, though its changes are the same', (_, tags, why) => {
	const items = [
		{image: 'base', remedy: 'mend', stores: 1},
		{image: 'web', remedy: 'mend', stores: 2},
	];
	const approved = ['2026-04', 'latest'];
	const {heard, told} = follow(planOf(items, approved), {base: 1, web: 2, tools: 3}, {base: approved, web: tags});

	expect(heard).toEqual([`web: left alone. ${why}`]);
	expect(settledItems(told)).toEqual(['base: mend']);
});

it('takes the same tags in another order for the same ones', () => {
	const plan = planOf([{image: 'web', remedy: 'mend', stores: 2}], ['2026-04', 'latest']);
	const {told} = follow(plan, {base: 1, web: 2, tools: 3}, {web: ['latest', '2026-04']});

	expect(settledItems(told)).toEqual(['web: mend']);
});

it('leaves all to a person where nothing of the plan is left to do', () => {
	const {word} = follow(planOf([{image: 'gone', remedy: 'mend', stores: 1}]), {base: 1, web: 2, tools: 3});

	expect(word).toEqual({kind: 'leave', tell: 'Nothing of the plan is left to do.'});
});

it('approves a gate that holds the items of the plan, and no other', () => {
	const now = {base: 1, web: 2, tools: 3};
	const plan = planOf([{image: 'base', remedy: 'mend', stores: 1}]);
	const {told} = follow(plan, now);
	const atGate = told.tell(begun('apply')).tell({
		type: 'gate.opened',
		step: 'apply',
		attempt: 1,
		target: 'registry.example',
		changes: [],
		undo: '',
		expires: '2999-01-01T00:00:00Z',
		items: [{id: '1', title: 'base', changes: [], plan: [], undo: '', destructive: 0}],
	});

	expect(wordOfPlan(plan, atGate.incident, new Set())).toMatchObject({
		kind: 'approve',
		happening: {type: 'gate.answered', answer: 'approve', why: 'plan p-1'},
	});
	for (const other of [
		[],
		[{image: 'base', remedy: 'wipe', stores: 1}],
		[{image: 'base', remedy: 'mend', stores: 2}],
	]) {
		expect(wordOfPlan(planOf(other), atGate.incident, new Set()).kind).toBe('leave');
	}
});

it('takes a build for the approved one where only the registry is called otherwise here, and no other', () => {
	const build = (host: string, repository = 'base') => ({
		kind: 'build-and-push' as const,
		git: 'https://git.example/acme/base',
		ref: 'main',
		context: '.',
		dockerfile: 'Dockerfile',
		images: [`${host}/${repository}:latest`],
		bases: [{name: 'maker.example:5055/tools:latest', state: 'intact' as const}],
	});
	const plan = (repository?: string) =>
		({
			id: 'p-1',
			images: [],
			registry: 'maker.example:5055',
			items: [
				{image: 'base', remedy: 'mend', changes: [planChangeOf(build('maker.example:5055', repository) as Change)]},
			],
		}) as unknown as Plan;
	const told = tellIncident(planPage([{id: 'base'}])).tell(begun('plan', {rows: [{id: 'base'}]}));
	const {host} = told.incident.image;
	const row = {...prepared('base', 'mend', 1), plan: [build(host) as never]};
	const settled = told.tell({type: 'plan.prepared', step: 'plan', attempt: 1, prepared: [row], unprepared: []});
	const word = (of: Plan) => wordOfPlan(of, settled.incident, new Set());

	expect(host).not.toBe('maker.example:5055');
	expect(word(plan())).toMatchObject({happening: {type: 'plan.settled'}});
	expect(word(plan('other'))).toMatchObject({happening: {type: 'plan.chosen', remedy: 'leave'}});
});

const picking = `---
runbook: picking
title: Pick
inputs: {}
start: pick
---

## Pick {#pick}
\`\`\`yaml step
ask:
  pipelines: {prompt: Which?, type: tick, options: [{key: '1', title: one}]}
outcomes:
  answered: {stop: fixed, say: Done.}
  none: {stop: none, say: None.}
\`\`\`
`;

it('restarts no pipeline that the plan does not name, and goes on to the check of the whole registry', () => {
	const options = [{key: '1', title: 'one'}];
	const told = tellIncident(picking).tell(
		begun('pick', {questions: {pipelines: {prompt: 'Which?', type: 'tick', options}}}),
	);

	expect(wordOfPlan(planOf([]), told.incident, new Set())).toMatchObject({
		kind: 'say',
		happening: {type: 'answers.given', step: 'pick', answers: {pipelines: []}},
		tell: ['1 failed pipeline not restarted: the plan does not say so.'],
	});
});

it('whatever the plan and the world are, only what both say is settled, and it ends', () => {
	const remedy = fc.constantFrom<Remedy>(...remedies);
	const number = fc.integer({min: 1, max: 2});
	fc.assert(
		fc.property(
			fc.uniqueArray(fc.record({image: fc.constantFrom(...ids, 'gone'), remedy, stores: number}), {
				selector: ({image}) => image,
			}),
			fc.record({base: number, web: number, tools: number}),
			(items, now) => {
				const {word, told} = follow(planOf(items), now);

				const agreed = items.filter(({image, stores}) => now[image as 'base'] === stores);
				const settled = word.kind === 'say' ? settledItems(told) : [];
				expect([...settled].sort()).toEqual(agreed.map(item => `${item.image}: ${item.remedy}`).sort());
			},
		),
	);
});
