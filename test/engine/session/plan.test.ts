import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import {whatGoesOn} from '../../../src/domain/incident/goes-on.ts';
import {currentVisit} from '../../../src/domain/incident/incident.ts';
import {type Item, outcomeOfItem} from '../../../src/domain/incident/item.ts';
import {fold} from '../../../src/domain/machine/machine.ts';
import type {Action, ActionContext, Precondition} from '../../../src/engine/actions/action.ts';
import type {SessionView} from '../../../src/engine/session/session.ts';
import {planPage} from '../../support/plan-page.ts';
import {resultOf, smallCatalogue} from '../../support/small-catalogue.ts';
import {openSmallSession, type SmallSession} from '../../support/small-session.ts';

const plan = {step: 'plan', attempt: 1};
const apply = {step: 'apply', attempt: 1};
const page = planPage([{id: 'base'}, {id: 'web', after: ['base']}, {id: 'tools'}, {id: 'site'}]);

const itemsOf = ({incident}: SessionView): Item[] => incident.visits.findLast(({items}) => items)?.items ?? [];
const outcomes = (view: SessionView) => itemsOf(view).map(outcomeOfItem);
const declared = (name: string) => smallCatalogue.find(each => each.name === name)!;

/** What is under way, by the row that its action was given, until the test ends it. */
function heldWork() {
	const open = new Map<
		string,
		{context: ActionContext; end: (outcome: string) => void; fail: (error: Error) => void}
	>();
	const waiters: (() => void)[] = [];
	return {
		open,
		/** The action has been called for each of these rows. */
		async begun(...rows: string[]): Promise<void> {
			while (!rows.every(row => open.has(row))) {
				await new Promise<void>(resolve => waiters.push(resolve));
			}
		},
		run: (action: {name: string; effect: string}, {note}: {note?: unknown}, context: ActionContext) =>
			new Promise<ReturnType<typeof resultOf>>((resolve, reject) => {
				if (action.effect === 'read') {
					resolve(resultOf(declared(action.name), 'broken'));
					return;
				}

				context.signal.addEventListener('abort', () => reject(context.signal.reason));
				open.set(String(note), {
					context,
					end: outcome => resolve(resultOf(declared(action.name), outcome)),
					fail: reject,
				});
				for (const resolve of waiters.splice(0)) {
					resolve();
				}
			}),
	};
}

const twoAtOnce = (actions: Action[]) => actions.map(action => ({...action, atOnce: 2}));

async function openAtPlanGate(options: Parameters<typeof openSmallSession>[0]): Promise<SmallSession> {
	const small = await openSmallSession({page, ...options});
	await small.phase('asking');
	await small.session.say({type: 'plan.settled', ...plan});
	await small.phase('gate');
	return small;
}

async function openApplied(options: Parameters<typeof openSmallSession>[0]): Promise<SmallSession> {
	const small = await openAtPlanGate(options);
	const {phrase} = currentVisit(small.session.current().incident)!.gate!;
	await small.session.say({type: 'gate.answered', answer: phrase ?? 'approve', ...apply});
	return small;
}

const until = (small: SmallSession, is: (items: Item[]) => boolean) => small.until(view => is(itemsOf(view)));

test('a plan is prepared by its actions before a person sees it, and its gate journals the changes of every item', async () => {
	const small = await openAtPlanGate({});

	expect(small.types().slice(0, 6)).toEqual([
		'incident.opened',
		'step.started',
		'plan.prepared',
		'plan.settled',
		'step.started',
		'gate.opened',
	]);
	expect(small.events.find(({type}) => type === 'gate.opened')).toMatchObject({
		target: 'registry.example',
		items: [{id: '1', title: 'base', plan: [{kind: 'restart', command: 'changes it'}], destructive: 0}, {}, {}, {}],
	});
});

test('a row whose changes cannot be looked up says why, and is left', async () => {
	const gate: Action['gate'] = async input => {
		const {note} = input as {note: string};
		if (note === 'base') {
			throw new OperatorError('relink.nothing', 'Nothing is left.', {hint: 'Rebuild it.', exit: 'failed'});
		}

		return {target: note, changes: [], undo: 'none', phrase: 'x'};
	};
	const small = await openSmallSession({page, change: actions => actions.map(each => ({...each, gate}))});
	const view = await small.phase('asking');

	expect(currentVisit(view.incident)!.rows![0]).toMatchObject({
		remedy: 'mend',
		problem: {code: 'relink.nothing', hint: 'Rebuild it.'},
	});
	await small.session.say({type: 'plan.settled', ...plan});
	expect(itemsOf(await small.phase('gate')).map(({row, after}) => [row, after])).toEqual([
		['web', []],
		['tools', []],
		['site', []],
	]);
});

test('destructive items want their number and the registry typed', async () => {
	const rows = [{id: 'a', recommended: 'wipe'}, {id: 'b', recommended: 'wipe'}, {id: 'c'}];
	const small = await openAtPlanGate({page: planPage(rows)});

	expect(currentVisit(small.session.current().incident)!.gate).toMatchObject({phrase: '2 registry.example'});
});

test('items run side by side within the bound of their action, each with its own request, log and evidence', async () => {
	const work = heldWork();
	const small = await openApplied({conduct: {run: work.run as never}, change: twoAtOnce as never});
	await work.begun('base', 'tools');
	expect([...work.open.keys()]).toEqual(['base', 'tools']);
	expect(work.open.get('tools')!.context).toMatchObject({
		request: '2026-04-19-small-calm-otter.apply.1.3.1',
		approved: [{kind: 'restart'}],
	});

	const {context} = work.open.get('tools')!;
	context.log('It begins.');
	context.progress({label: 'half', done: 1, total: 2});
	await context.record('begun', {number: 7}, 'It was begun.');
	await small.until(({live}) => live.items?.get('3')?.done === 1);
	expect(small.session.current().live.lines.at(-1)?.text).toBe('[3] It begins.');

	work.open.get('base')!.end('mended');
	await work.begun('web');
	work.open.get('tools')!.fail(new OperatorError('registry.forbidden', 'Kept out.', {hint: 'Ask.', exit: 'refused'}));
	await work.begun('site');
	work.open.get('web')!.end('mended');
	work.open.get('site')!.end('mended');

	const view = await small.until(({incident}) => incident.visits.at(-1)?.step === 'prove');
	expect(outcomes(view)).toEqual(['done', 'done', 'failed', 'done']);
	expect(itemsOf(view)[2]).toMatchObject({
		progress: [{name: 'begun', detail: {number: 7}}],
		evidence: [{file: 'evidence/apply-1-item-3-1.log'}],
	});
	expect(view.incident.visits.find(({step}) => step === 'apply')).toMatchObject({outcome: 'some'});
	expect(fold(JSON.parse(JSON.stringify(small.events)))).toEqual(view.incident);
});

test('what an item expects is asked right before its effect; where it does not hold, the action never runs', async () => {
	const answers: Record<string, Precondition> = {
		base: {kind: 'already-whole', say: 'It is whole.'},
		tools: {kind: 'changed', say: 'The tag has moved.'},
		site: {kind: 'unknown', say: 'Nobody answers.'},
	};
	const precondition = async (inputs: unknown) => answers[(inputs as {note: string}).note] ?? {kind: 'holds' as const};
	const small = await openApplied({change: actions => actions.map(action => ({...action, precondition}))});
	let view = await until(small, items => items[3]!.state.kind === 'waiting' && items[1]!.state.kind === 'ended');
	expect(outcomes(view)).toEqual(['already-whole', 'done', 'changed', 'waiting']);
	expect(small.runs).toEqual(['change.mend']);

	answers.site = {kind: 'holds'};
	await small.session.say({type: 'item.retried', item: '4', ...apply});
	view = await small.until(({incident}) => incident.visits.some(({step}) => step === 'prove'));
	expect(outcomes(view)).toEqual(['already-whole', 'done', 'changed', 'done']);
	expect(small.runs).toHaveLength(2);
});

test('leaving names every item that goes on, and a resumed session looks it up before anything else begins', async () => {
	const work = heldWork();
	const first = await openApplied({conduct: {run: work.run as never}, change: twoAtOnce as never});
	await work.begun('base', 'tools');
	await first.session.leave('interrupted');
	expect(whatGoesOn(first.session.current().incident)).toEqual([
		'"base" (registry.example/app:1) may still be running (request 2026-04-19-small-calm-otter.apply.1.1.1): leaving does not stop it.',
		'"tools" (registry.example/app:1) may still be running (request 2026-04-19-small-calm-otter.apply.1.3.1): leaving does not stop it.',
	]);

	const runs: string[] = [];
	const second = await openSmallSession({
		earlier: first.events,
		conduct: {
			run: async (action, {note}, {earlier}) => {
				runs.push(`${action.name} ${note} ${earlier ?? ''}`);
				return resultOf(action, action.success[0] ?? 'broken');
			},
			reconcile: async (_, {request}) =>
				request.endsWith('.1.1')
					? {...resultOf(declared('change.mend'), 'mended'), kind: 'done', say: 'It is there.'}
					: {kind: 'not-done', say: 'Not listed.'},
		},
	});
	await second.until(
		view => view.incident.phase.kind === 'gate' && outcomes(view)[0] === 'done' && outcomes(view)[2] === 'failed',
	);
	expect(runs).toEqual([]);
	expect(currentVisit(second.session.current().incident)!.gate!.items!.map(({id}) => id)).toEqual(['2', '4']);

	await second.session.say({type: 'gate.answered', answer: 'approve', ...apply});
	const view = await second.until(({incident}) => incident.visits.some(({step}) => step === 'prove'));
	expect(outcomes(view)).toEqual(['done', 'done', 'failed', 'done']);
	expect(runs.filter(run => run.startsWith('change.')).sort()).toEqual(['change.mend site ', 'change.mend web ']);
});

test('an item that is retried after a lost reply knows the requests that may still arrive', async () => {
	const work = heldWork();
	const small = await openApplied({
		page: planPage(['a', 'b']),
		change: twoAtOnce as never,
		conduct: {run: work.run as never, reconcile: async () => ({kind: 'not-done', say: 'Not listed.'})},
	});
	await work.begun('a', 'b');
	const lost = work.open.get('a')!;
	work.open.delete('a');
	lost.fail(new OperatorError('effect.unknown', 'Lost.', {hint: 'Look.', exit: 'indeterminate'}));
	await until(small, items => outcomeOfItem(items[0]!) === 'failed');

	await small.session.say({type: 'item.retried', item: '1', answer: 'approve', ...apply});
	await work.begun('a');
	expect(work.open.get('a')!.context).toMatchObject({
		again: true,
		request: '2026-04-19-small-calm-otter.apply.1.1.2',
		earlier: ['2026-04-19-small-calm-otter.apply.1.1.1'],
	});
	await small.session.leave('left');
});

test('a dry run runs no item, asks what each expects, and goes on as assumed', async () => {
	const events = (await openAtPlanGate({})).events.slice(0, 5);
	const dry = [{...events[0]!, dryRun: true} as (typeof events)[0], ...events.slice(1)];
	const precondition = async (inputs: unknown): Promise<Precondition> =>
		(inputs as {note: string}).note === 'tools' ? {kind: 'changed', say: 'It has moved.'} : {kind: 'holds'};
	const small = await openSmallSession({
		earlier: dry,
		change: actions => actions.map(action => ({...action, precondition})),
	});
	const view = await small.until(({incident}) => incident.visits.some(({step}) => step === 'prove'));

	expect(small.runs).toEqual([]);
	expect(outcomes(view)).toEqual(['done', 'done', 'changed', 'done']);
	expect(small.events.find(({type}) => type === 'effect.assumed')).toMatchObject({
		say: 'Dry run: would change base: runs: changes it; pulls and pushes fail until the registry is up again.',
	});
});
