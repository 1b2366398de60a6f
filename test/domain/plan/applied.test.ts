import {expect, it} from 'vitest';
import type {Incident, Visit} from '../../../src/domain/incident/incident.ts';
import type {Item, ItemState} from '../../../src/domain/incident/item.ts';
import {appliedPlan, exitOfApplied} from '../../../src/domain/plan/applied.ts';
import type {Plan} from '../../../src/domain/plan/plan.ts';

const ended = (outcome: Extract<ItemState, {kind: 'ended'}>['outcome'], more = {}): ItemState => ({
	kind: 'ended',
	outcome,
	say: '',
	at: '2026-04-19T03:14:00.000Z',
	values: {},
	...more,
});
const unsure: ItemState = {kind: 'unsure', request: 'r', asked: true, say: ''};
const waiting: ItemState = {kind: 'waiting', say: ''};

/** An incident that waits at its decision. After the first intent its image is unknown. */
function incidentWith(states: readonly ItemState[], more: Partial<Incident> = {}, check?: 'ran'): Incident {
	const items = states.map((state, at) => ({id: String(at + 1), state}) as Item);
	const visits = [
		{step: 'diagnose', state: 'ended', outcome: 'broken', output: {kind: 'check'}, ended: 'ran', shows: 'verdict'},
		{step: 'apply', state: 'ended', outcome: 'none', output: {kind: 'applied'}, ended: 'ran', items},
		...(check === undefined
			? []
			: [{step: 'verify', state: 'ended', outcome: 'x', output: {kind: 'check'}, ended: check, shows: 'verdict'}]),
	] as unknown as Visit[];
	const phase = {kind: 'asking', step: 'decide', attempt: 1} as const;
	const verdict = {verdict: 'unknown', at: '2026-04-19T03:14:00.000Z'} as const;
	return {visits, phase, verdict, dryRun: false, ...more} as unknown as Incident;
}

it.each<[string, ItemState[], number]>([
	['every item failed', [ended('failed'), ended('failed')], 3],
	['one failed and what needs it was left', [ended('failed'), {kind: 'pending'}], 3],
	['the world had changed under it', [ended('changed')], 3],
	['an item waits for a gap to be typed', [waiting], 3],
	['one failed and another is unsure: broken outranks unsure', [ended('failed'), unsure], 3],
	['one is unsure', [unsure], 8],
	['one is unsure and the other done, but not checked', [ended('done'), unsure], 8],
	['no sign of its change was found: it may still come', [ended('failed', {notSeen: true})], 8],
	['all are done, and nothing was checked', [ended('done'), ended('already-whole')], 8],
])('a plan that was applied exits as its items ended where nothing was checked since: %s', (_, states, exit) => {
	expect(exitOfApplied(incidentWith(states))).toBe(exit);
});

it.each([
	['intact', 0],
	['broken', 3],
	['unknown', 8],
] as const)('a plan that was applied and checked exits as the check found it: %s', (verdict, exit) => {
	const checked = {verdict: {verdict, at: '2026-04-19T03:20:00.000Z'}} as Partial<Incident>;
	expect(exitOfApplied(incidentWith([ended('done'), ended('failed')], checked, 'ran'))).toBe(exit);
});

it.each([
	[true, '2026-04 was deleted or moved since the plan was made.'],
	[false, '2026-04 was deleted or moved since the plan was made, or could not be read now.'],
])('an image that was left for its tags has changed, and its item names them (all was read: %s)', (complete, say) => {
	const id = 'app@0a1b2c3d4e5f';
	const plan = {
		images: [{id, tags: ['2026-04', 'latest']}],
		items: [{id: '1', image: id, remedy: 'relink', changes: []}],
	} as unknown as Plan;
	const visits = [
		{outcome: 'damaged', output: {kind: 'scope', complete}},
		{outcome: 'settled', output: {kind: 'plan'}, rows: [{id, values: {tags: ['latest']}}]},
	];

	const {items} = appliedPlan(plan, {visits} as unknown as Incident, new Map());

	expect(items).toMatchObject([{outcome: 'changed', say}]);
});
