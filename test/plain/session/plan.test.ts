import {expect, test} from 'vitest';
import {outcomeOfItem} from '../../../src/domain/incident/item.ts';
import type {Action, Precondition} from '../../../src/engine/actions/action.ts';
import {runPlain} from '../../../src/plain/session/run-plain.ts';
import {sayEnd} from '../../../src/plain/session/say-end.ts';
import {planPage} from '../../support/plan-page.ts';
import {openSmallSession} from '../../support/small-session.ts';

const rows = [
	{id: 'base', title: 'infra-ci:latest'},
	{
		id: 'web',
		title: 'web/shop:1.4',
		after: ['base'],
		remedies: [{remedy: 'mend'}, {remedy: 'wipe', possible: false, why: 'it is in use'}],
	},
	{id: 'tools', title: 'tools:7', recommended: 'wipe'},
];

/** Types each line when the text before it is on the screen. */
async function talk(
	script: readonly [after: string, line: string][],
	change: (actions: Action[]) => Action[] = actions => actions,
): Promise<{text: string; end: string; outcomes: (string | undefined)[]}> {
	const small = await openSmallSession({page: planPage(rows), change});
	let text = '';
	let seen = 0;
	let told = Promise.withResolvers<void>();
	async function* answers() {
		for (const [after, line] of script) {
			while (!text.slice(seen).includes(after)) {
				await told.promise;
			}

			seen = text.length;
			text += `> ${line}\n`;
			yield `${line}\n`;
		}

		await small.session.ended;
	}

	const {incident} = await runPlain({
		session: small.session,
		output(more) {
			text += more;
			told.resolve();
			told = Promise.withResolvers();
		},
		answers: answers(),
		autopilot: false,
		now: () => new Date(),
		journalFolder: '/state/incidents/x',
		resumeCommand: 'regmedic resume x',
	});
	const end = sayEnd(incident, {journalFolder: '/state/incidents/x', resumeCommand: 'regmedic resume x'}).join(' ');
	return {
		text,
		end: end.replace(/\s+/g, ' '),
		outcomes: (incident.visits.findLast(({items}) => items)?.items ?? []).map(outcomeOfItem),
	};
}

const toGate: [string, string][] = [
	['Type "accept"', 'row 2 wipe'],
	['it is in use', 'row 3 leave'],
	['tools:7: leave', 'row 3 wipe'],
	['tools:7: wipe', 'accept'],
];

test('rows are marked now by their numbers; the gate and the end say how many wait for the next plan', async () => {
	const {text, end, outcomes} = await talk([
		['Type "accept"', 'now 7'],
		['no row 7', 'now 2 3'],
		['tools:7: now, wipe', 'later 3'],
		['tools:7: wipe', 'accept'],
		['Type exactly', 'approve'],
		['What now?', 'stop'],
	]);

	const said = text.replace(/\s+/g, ' ');
	expect(said).toContain('web/shop:1.4: now, mend');
	expect(said).toContain('Now: infra-ci:latest; web/shop:1.4. 1 row waits for the next plan.');
	expect(said).toContain('Later: 1 row was put off to the next plan.');
	expect(said).toContain('2 of 2 items done. 1 row was put off to the next plan.');
	expect(outcomes).toEqual(['done', 'done']);
	expect(end).toContain('1 put off');
});

test('a plan is shown with its remedies, changed by row, and approved by what the gate says', async () => {
	const {text, end, outcomes} = await talk([
		...toGate,
		['Type exactly', 'approve'],
		['does not match', '1 registry.example'],
		['What now?', 'stop'],
	]);

	expect(text).toContain(`The plan:
  1. infra-ci:latest: mend
     - runs: changes it
     - pulls and pushes fail until the registry is up again
     Or: wipe
     Or: tell
`);
	expect(text).toContain('     Not: wipe, it is in use\n');
	expect(text).toContain('"wipe" is not possible for "web/shop:1.4": it is in use.');
	expect(text).toContain('  3. tools:7: leave (recommended: wipe)\n');
	expect(text).toMatch(
		/Target: {2}registry\.example\n +No storage is configured: nothing keeps a second person away\.\n {2}1\. infra-ci:latest[\s\S]*DESTRUCTIVE, 1 change:\n {2}3\. tools:7\n/,
	);
	expect(text).toContain('Type exactly: 1 registry.example ');
	expect(text).toContain('  [1] infra-ci:latest, mend: under way.\n');
	expect(text).toContain('  [3] tools:7, wipe: done. It is wiped.\n');
	expect(text).toMatch(/Result: all.* 3 of 3 items done\./);
	expect(outcomes).toEqual(['done', 'done', 'done']);
	expect(end).toContain('changes: Apply (3 of 3 items done: 2 mend, 1 wipe).');
}, 60_000);

test('an item that waits is asked about when nothing else goes on, each time anew', async () => {
	const answers: Precondition[] = [
		{kind: 'unknown', say: 'Nobody answers.'},
		{kind: 'unknown', say: 'Still nobody answers.'},
	];
	const change = (actions: Action[]) =>
		actions.map(action => ({
			...action,
			precondition: async (input: unknown) =>
				((input as {note: string}).note === 'base' && answers.shift()) || {kind: 'holds' as const},
		}));
	const {text, outcomes} = await talk(
		[
			['Type "accept"', 'accept'],
			['Type exactly', '1 registry.example'],
			['Items that wait for you:', 'item 1 again'],
			['Still nobody answers.', 'item 1 skip'],
			['Give a reason', 'item 1 by-hand restored it myself'],
			['What now?', 'stop'],
		],
		change,
	);

	expect(text).toContain('  [1] infra-ci:latest, mend: waiting. Nobody answers.\n');
	expect(text.split('Items that wait for you:').length - 1).toBe(2);
	expect(outcomes).toEqual(['by-hand', 'done', 'done']);
}, 60_000);
