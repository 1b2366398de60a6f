import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import {checkValues} from '../../support/outputs.ts';
import {page, stage} from './rehearsal.ts';

test('a drill on autopilot is told from the first step to the verdict', async () => {
	const staged = await stage();

	const {end, incident} = await staged.run({autopilot: true});

	expect(end).toBe('stopped');
	expect(incident.verdict?.verdict).toBe('intact');
	expect(staged.text()).toBe(`Mend a small image. Image: registry.example/infra-ci:latest.
Incident 2026-04-19-small-calm-otter.

Step 1 of about 5: Diagnose the tag.
  Result: broken, after 2.1 s. Two of three children are missing.
  - child-missing, linux/amd64 sha256:98f700000000: the index names a manifest
    that the registry does not have (HTTP 404, manifest unknown)

Step 2 of about 5: Decide what to do.
What shall be done?
  1. Relink two manifests (recommended)
     Why: Every part is still on disk.
  2. Repair it by hand
On autopilot: 1
  Chosen: Relink two manifests.

Step 3 of about 5: Relink.
This step changes something:
  Target:  registry.example/infra-ci
  Changes: PUT sha256:aaaa
           PUT sha256:bbbb
  Undo:    DELETE both again
  Expires: 03:27:02 UTC
On autopilot: relink 2 manifests
  Approved by ada.
  | PUT 1 of 2
  | PUT 2 of 2
  Result: mended, after 0.4 s. 2 manifests relinked.

Step 4 of about 5: Verify.
  Result: intact. 3 manifests and 8 blobs verified.

Step 5 of about 5: Impact.
  - Since when did pulls fail?
  - Which pipelines shall run again?
On autopilot: unknown
On autopilot: #7 nightly, #9 deploy
  Result: answered.
The runbook has ended: The image is whole again.

Verdict: registry.example/infra-ci:latest is intact, as checked at 03:12:02 UTC.
Done:    5 steps in 2.5 s; changes: Relink (mended).
Left:    nothing; the runbook ended with "repaired": The image is whole again.
Journal: /state/incidents/2026-04-19-small-calm-otter
Report:  regmedic export 2026-04-19-small-calm-otter
`);
});

test('without a person the reads run, and the first question ends the run with the command that answers it', async () => {
	const staged = await stage();

	const {end, incident} = await staged.run();

	expect(end).toBe('gate');
	expect(incident.phase).toMatchObject({kind: 'asking', step: 'decide'});
	expect(staged.events().at(-1)).toMatchObject({type: 'incident.left', reason: 'gate'});
	expect(staged.text()).toContain(`  1. Relink two manifests (recommended)
     Why: Every part is still on disk.
  2. Repair it by hand
There is no terminal to ask at, so this run ends here. It would ask:
  Type a number from 1 to 2 (1 is recommended).
To answer: regmedic resume 2026-04-19-small-calm-otter
`);
	expect(staged.text()).toContain('Left:    "Decide what to do" waits for an answer.\n');
});

test('without a person a gate is shown, and nothing is changed', async () => {
	let changes = 0;
	const staged = await stage({
		runs: {
			'test.mend': {
				run: async () => {
					changes++;
					return {outcome: 'mended', output: {}, say: ''};
				},
			},
		},
		runbook: page.replace('broken: decide\n  intact: {stop', 'broken: mend\n  intact: {stop'),
	});

	const {end} = await staged.run();

	expect(end).toBe('gate');
	expect(changes).toBe(0);
	expect(staged.text()).toContain('  Target:  registry.example/infra-ci\n');
	expect(staged.text()).toContain('It would ask:\n  Type exactly: relink 2 manifests   (or: decline REASON)\n');
	expect(staged.text()).toContain('Left:    "Relink" waits for approval; nothing was started.\n');
});

test('escape sequences and bidi tricks from outside are shown, never sent to the terminal', async () => {
	const evil = '\u001b]0;owned\u0007\u001b[2J\u202egnp';
	const staged = await stage({
		runs: {
			'test.check': {
				run: async () => ({
					outcome: 'broken',
					output: checkValues('broken', {
						faults: [{kind: 'child-missing', via: [], platform: evil, detail: `a\n${evil}`}],
					}),
					say: evil,
				}),
			},
			'test.mend': {
				gate: async () => ({
					target: evil,
					changes: [{kind: 'sentence', text: evil}],
					undo: evil,
					phrase: 'relink 2 manifests',
				}),
				run: async (_, {log}) => {
					log(`one\r\n${evil}`);
					return {outcome: 'mended', output: {}, say: 'done.'};
				},
			},
		},
	});

	await staged.run({autopilot: true});

	expect(staged.text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]/u);
	expect(staged.text()).toContain('  | ^[]0;owned^G^[[2J<U+202E>gnp\n');
	expect(staged.text()).toContain('  Target:  ^[]0;owned^G^[[2J<U+202E>gnp\n');
});

test('the autopilot checks a few times whether a lost change was made, then leaves it as unknown', async () => {
	let checks = 0;
	const staged = await stage({
		runs: {
			'test.mend': {
				run: async () => {
					throw new OperatorError('effect.unknown', 'The reply was lost.', {hint: 'Look.', exit: 'indeterminate'});
				},
				reconcile: async () => {
					checks++;
					return {kind: 'unknown', say: 'The registry does not answer.'};
				},
			},
		},
	});

	const {end, incident} = await staged.run({autopilot: true, checkAgainMs: 1});

	expect(end).toBe('left');
	expect(incident.phase).toMatchObject({kind: 'unsure', asked: true});
	expect(checks).toBe(4);
	expect(staged.text()).toContain('It is not known whether the change was made. The reply was lost. Checking.');
	expect(staged.text()).toContain('Left:    to find out whether "Relink" was carried out.');
	expect(staged.text()).toContain('is unknown: something was changed');
});

test('a drill whose runbook repeats itself ends', async () => {
	const staged = await stage({
		runs: {'test.prove': {run: async () => ({outcome: 'broken', output: checkValues('broken'), say: 'Still broken.'})}},
	});

	const {end} = await staged.run({autopilot: true});

	expect(end).toBe('left');
	expect(staged.text()).toContain('The runbook repeats itself. This run ends here; the incident stays open.\n');
});

test('after a long silence a line gives the time so far and the progress', async () => {
	const release = Promise.withResolvers<void>();
	const staged = await stage({
		runs: {
			'test.check': {
				run: async (_, {progress}) => {
					progress({label: 'blobs checked', done: 12, total: 40});
					staged.clock.advance(90_000);
					await release.promise;
					return {outcome: 'intact', output: checkValues('intact'), say: ''};
				},
			},
		},
	});

	const ended = staged.run({heartbeatMs: 80, progressMs: 3_600_000});
	await staged.said('Still working: Diagnose the tag, 1 min 30 s so far; blobs checked: 12 of 40.\n');
	release.resolve();

	expect((await ended).end).toBe('stopped');
});

test('progress is told after a shorter silence', async () => {
	const release = Promise.withResolvers<void>();
	const staged = await stage({
		runs: {
			'test.check': {
				run: async (_, {progress}) => {
					staged.clock.advance(6_000);
					progress({label: 'blobs checked', done: 12, total: 40});
					await release.promise;
					return {outcome: 'intact', output: checkValues('intact'), say: ''};
				},
			},
		},
	});

	const ended = staged.run();
	await staged.said('  blobs checked: 12 of 40\n');
	release.resolve();

	expect((await ended).end).toBe('stopped');
});

test('a dry run says what it would change and what it assumes', async () => {
	const staged = await stage({dryRun: true});

	await staged.run({autopilot: true});

	expect(staged.text()).toContain('DRY RUN. Changes are described, not made; their outcomes are assumed.\n');
	expect(staged.text()).toContain('  Assumed: mended. Dry run: would change registry.example/infra-ci: PUT\n');
	expect(staged.text()).toContain('Verdict: Dry run, nothing was changed.');
	expect(staged.text()).toContain('; no changes.\n');
});

test('a resumed incident tells in one line each what was done before, and goes on from there', async () => {
	const first = await stage();
	await first.run();
	const staged = await stage({earlier: first.events()});

	const {end} = await staged.run({autopilot: true});

	expect(end).toBe('stopped');
	expect(staged.text()).toContain(`Incident 2026-04-19-small-calm-otter.
Step 1 of about 5, earlier: Diagnose the tag: broken. two of three children are
  missing.

Step 2 of about 5: Decide what to do.
`);
});

test('an incident that is already closed is told, and the run ends', async () => {
	const first = await stage();
	await first.run({autopilot: true});
	const staged = await stage({earlier: first.events()});

	const {end} = await staged.run();

	expect(end).toBe('stopped');
	expect(staged.text()).toContain('Report:  regmedic export');
});

test('an interrupted session still says where the journal is and how to resume', async () => {
	const staged = await stage({
		runs: {'test.check': {run: (_, {signal}) => new Promise((_, reject) => signal.addEventListener('abort', reject))}},
	});

	const ended = staged.run();
	await staged.said('Diagnose the tag.\n');
	await staged.session.leave('interrupted');

	expect((await ended).end).toBe('left');
	expect(staged.text()).toContain('Verdict: registry.example/infra-ci:latest is unknown: no check has finished.\n');
	expect(staged.text()).toContain('Left:    "Diagnose the tag" was interrupted, and starts again.\n');
	expect(staged.text()).toContain('Resume:  regmedic resume 2026-04-19-small-calm-otter\n');
});

test('a bug is thrown on', async () => {
	const staged = await stage({
		runs: {
			'test.check': {
				run: async () => {
					throw new TypeError('x is undefined');
				},
			},
		},
	});

	await expect(staged.run()).rejects.toThrow('x is undefined');
});
