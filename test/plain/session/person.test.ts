import {expect, test} from 'vitest';
import {stage, typed} from './rehearsal.ts';

const choice = 'Type a number from 1 to 2 (1 is recommended).\n';
/** What a check found is shown before the decision. */
const hold = 'Press enter to start it.\n';
const gate = 'Type exactly: relink 2 manifests';

test('a person walks through with enter, a number, the words of the gate and two answers', async () => {
	const staged = await stage({pace: 'person'});
	const answers = typed(staged, [
		[hold, ''],
		[choice, '1'],
		[gate, 'relink 2 manifests'],
		['Next: Verify.\nPress enter to start it.\n', ''],
		[hold, ''],
		['Question 1 of 2: Since when did pulls fail?\n', '01:40'],
		['Question 2 of 2: Which pipelines shall run again?\n', ''],
		['Nothing is ticked. Type the numbers, or "none".\nQuestion 2 of 2', '9'],
	]);

	const {end, incident} = await staged.run({answers});

	expect(end).toBe('stopped');
	expect(incident.visits.at(-1)?.values).toEqual({
		since: '2026-04-19T01:40:00.000Z',
		again: [{number: 9, title: 'deploy'}],
	});
	expect(staged.text()).toContain('Pulls fail.\n');
	expect(staged.text()).toContain('  We ask the registry for every part.\n');
	expect(staged.text()).toContain('  Approved by ada.\n');
});

test('the wrong words at a gate change nothing, say what is expected and ask again', async () => {
	const staged = await stage({pace: 'person'});
	const answers = typed(staged, [
		[hold, ''],
		[choice, '1'],
		[gate, 'approve'],
		[gate, 'relink 3 manifests'],
		[gate, ''],
		[gate, 'decline too risky now'],
		[choice, 'quit'],
	]);

	const {end, incident} = await staged.run({answers});

	expect(end).toBe('left');
	expect(incident.changed).toBe(false);
	expect(staged.text()).toContain(`"approve" does not match; nothing was started.\n${gate}   (or: decline REASON)\n`);
	expect(staged.text()).toContain('"relink 3 manifests" does not match');
	expect(staged.text()).toContain('  Declined, nothing was changed. Too risky now\n');
});

test('a choice that does not exist is asked again', async () => {
	const staged = await stage({pace: 'person'});
	const answers = typed(staged, [
		[hold, ''],
		[choice, '7'],
		[`"7" is not one of the options.\n${choice}`, 'again'],
		[`There is nothing to retry.\n${choice}`, 'back why not'],
		[`This is the decision step already.\n${choice}`, 'help'],
		[`:note TEXT".\n${choice}`, 'quit'],
	]);

	const {end} = await staged.run({answers});

	expect(end).toBe('left');
});

test('notes, skips and steps done by hand go into the journal with their reasons', async () => {
	const staged = await stage({pace: 'person'});
	const answers = typed(staged, [
		[hold, ''],
		[choice, 'note the registry was restarted at 03:00'],
		[`Noted.\n${choice}`, '2'],
		['    curl -X PUT https://registry.example/\n', 'maybe'],
		['"maybe" is neither "done" nor "could-not REASON".\n', 'could-not'],
		['Give a reason: could-not REASON\n', 'could-not no credentials'],
		[choice, '1'],
		[gate, 'by-hand mended'],
		['Give an outcome and a reason: by-hand OUTCOME REASON (mended, refused)\n', 'by-hand mended did it with curl'],
		['Press enter to start it.\n', 'skip intact seen it pull'],
		['Question 1 of 2', 'quit'],
	]);

	await staged.run({answers});

	const told = staged.events().filter(({type}) => /note|hand|skipped/.test(type));
	expect(told).toMatchObject([
		{type: 'note.added', text: 'the registry was restarted at 03:00', actor: 'ada'},
		{type: 'hand.reported', outcome: 'could-not', why: 'no credentials'},
		{type: 'step.done-by-hand', step: 'mend', outcome: 'mended', reason: 'did it with curl'},
		{type: 'step.skipped', step: 'verify', outcome: 'intact', reason: 'seen it pull'},
	]);
});

test('while a question is open, words are its answer and commands need a colon', async () => {
	const staged = await stage({pace: 'person'});
	const answers = typed(staged, [
		[hold, ''],
		[choice, '1'],
		[gate, 'relink 2 manifests'],
		[hold, ''],
		[hold, ''],
		['Question 1 of 2', '25:99'],
		['"25:99" is not a past time.\nQuestion 1 of 2', ':note asked the team'],
		['Noted.\nQuestion 1 of 2', ''],
		['Question 2 of 2', '1 8'],
		['"1 8" is not a list of numbers from the list.\nQuestion 2 of 2', 'all'],
	]);

	const {end, incident} = await staged.run({answers});

	expect(end).toBe('stopped');
	expect(incident.visits.at(-1)?.values).toMatchObject({since: 'unknown', again: [{number: 7}, {number: 9}]});
	expect(incident.notes).toMatchObject([{text: 'asked the team'}]);
});

test('a line typed while a check runs does not answer a later gate', async () => {
	const release = Promise.withResolvers<void>();
	const staged = await stage({
		pace: 'person',
		runs: {
			'test.check': {
				run: async () => {
					await release.promise;
					return {outcome: 'broken', output: {}, say: 'broken.'};
				},
			},
		},
	});
	async function* hasty() {
		await staged.said('Step 1');
		yield 'relink 2 manifests';
		await staged.said('No input needed: "Diagnose the tag" is under way.');
		release.resolve();
		yield* typed(staged, [
			[hold, ''],
			[choice, '1'],
			[gate, 'quit'],
		]);
	}

	const {incident} = await staged.run({answers: hasty()});

	expect(incident.phase).toMatchObject({kind: 'gate', step: 'mend'});
});

test('at the end of the input the person has left', async () => {
	const staged = await stage({pace: 'person'});

	const {end} = await staged.run({answers: typed(staged, [[hold, 'note going home']])});

	expect(end).toBe('left');
	expect(staged.events().at(-1)).toMatchObject({type: 'incident.left', reason: 'left'});
});

test('an expired gate is shown again, and the phrase is not taken', async () => {
	const staged = await stage({pace: 'person'});
	async function* late() {
		yield* typed(staged, [
			[hold, ''],
			[choice, '1'],
		]);
		await staged.said(gate);
		staged.clock.advance(16 * 60_000);
		yield 'relink 2 manifests';
		await staged.said('The gate has expired. It is shown again.\n');
		yield* typed(staged, [
			[gate, 'relink 2 manifests'],
			['Press enter', 'quit'],
		]);
	}

	const {incident} = await staged.run({answers: late()});

	expect(incident.changed).toBe(true);
	expect(staged.text()).toContain('  Expires: 03:43:02 UTC\n');
});
