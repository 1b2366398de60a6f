import '../support/color-terminal.ts';
import {afterEach, expect, test} from 'vitest';
import type {AskedQuestion} from '../../src/domain/incident/asked.ts';
import type {Visit} from '../../src/domain/incident/incident.ts';
import {askScreen} from '../../src/ui/screens/ask.ts';
import {freshState} from '../../src/ui/state/screen-state.ts';
import {openRoom} from './incident-room.ts';

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
afterEach(async () => {
	await room?.leave();
	room = undefined;
});

const proposed = {default: '2026-04-19T02:00:11Z', from: 'the disk, at the latest'};
const question = '{prompt: When did it begin?, type: time}';
const proposing = question.replace('}', `, default: '${proposed.default}', from: '${proposed.from}'}`);

/** A real session at the question when it began. */
async function askedWhen(size: {columns: number; rows: number}) {
	room = await openRoom({page: text => text.replace(question, proposing), ...size});
	await room.reach('decide');
	room.press('\r');
	await room.until('To go ahead, type:  relink 2 manifests');
	room.press('relink 2 manifests\r');
	await room.until('Next: Verify the image');
	room.press('\r');
	await room.until('Next: Impact');
	room.press('\r');
	return {...room, screen: await room.until('When did it begin?')};
}

/** Presses enter at that question, and at the two that follow. */
async function answerAll({press, until, events}: Awaited<ReturnType<typeof askedWhen>>) {
	press('\r');
	const next = await until('Who noticed?');
	press('\r');
	await until('build base');
	press('\r');
	await until('Press enter once more');
	press('\r');
	await until('can be pulled again');
	return {next, answers: events('answers.given')[0]};
}

test.each([
	{columns: 80, rows: 24},
	{columns: 60, rows: 16},
])('enter takes the time that is proposed, which is shown with where it is from, at $columns×$rows', async size => {
	const asked = await askedWhen(size);
	const {next, answers} = await answerAll(asked);

	expect(asked.screen).toContain('From the disk, at the latest: 2026-04-19 02:00 UTC.');
	expect(asked.screen).toContain('Enter takes the time above.');
	expect(asked.screen).not.toContain('Empty is');
	expect(next).toContain('When did it begin? 2026-04-19 02:00 UTC');
	expect(next).toContain('Filled in: change it, or press enter.');
	expect(answers).toMatchObject({answers: {since: '2026-04-19T02:00:11Z', who: 'pipeline'}});
});

test.each([
	[proposed, '', proposed.default],
	[proposed, '2026-04-19 01:30', '2026-04-19T01:30:00.000Z'],
	[proposed, 'unknown', 'unknown'],
	[{}, '', 'unknown'],
])('of a time for which %j is proposed, "%s" is the answer %s', (proposal, typed, began) => {
	const questions: AskedQuestion[] = [{name: 'began', prompt: 'When?', type: 'time', options: [], ...proposal}];
	const situation = {id: 'asking', kind: 'ask', visit: {step: 'close', attempt: 1} as Visit, questions} as const;
	const context = {now: Date.parse('2026-04-19T03:00:00Z')} as Parameters<NonNullable<typeof askScreen.submit>>[3];
	const state = freshState(situation, 0);

	const [, sent] = askScreen.submit!(situation, state, typed, context);

	expect(state.field.text).toBe('');
	expect(sent).toMatchObject([{kind: 'send', event: {answers: {began}}}]);
});
