import {expect, test} from 'vitest';
import type {AskedQuestion} from '../../../src/domain/incident/asked.ts';
import {createQuestionnaire} from '../../../src/plain/session/questionnaire.ts';

const older = {
	reference: 'registry.example/app:1.4',
	key: '1.4',
	title: 'linux/amd64; built …',
	status: 'older by its build',
};
const newer = {...older, key: '1.6', status: 'newer by its build'};
const which: AskedQuestion = {name: 'sibling', prompt: 'Which image?', type: 'pick', options: [older, newer]};

test('one of several images is chosen by its number, with its age beside it', () => {
	const questionnaire = createQuestionnaire([which], () => new Date());

	const asked = questionnaire.ask();
	const refused = questionnaire.answer('3');
	const taken = questionnaire.answer('2');

	expect(asked.slice(1)).toEqual([
		'  1. 1.4  linux/amd64; built …, older by its build',
		'  2. 1.6  linux/amd64; built …, newer by its build',
		'Type one number, or "none"; enter for none.',
	]);
	expect(refused).toBe('"3" is not a number from 1 to 2.');
	expect(taken).toBeUndefined();
	expect(questionnaire.answers()).toEqual({sibling: newer});
});

test.each(['', 'none'])('"%s" chooses none of them', line => {
	const questionnaire = createQuestionnaire([which], () => new Date());

	questionnaire.answer(line);

	expect(questionnaire.answers()).toEqual({sibling: []});
});

const pipelines = [
	{
		repository: 'acme/infra',
		number: 376,
		title: 'Drop it',
		event: 'push to main',
		cause: 'the image is gone',
		tick: true,
	},
	{repository: 'acme/web', number: 12, title: 'Ship it', event: 'deployment of v1 to production', tick: false},
];
const again: AskedQuestion = {name: 'again', prompt: 'Which again?', type: 'tick', options: pipelines};

test('pipelines are ticked by their own numbers, and enter takes those that are ticked by default', () => {
	const asked = createQuestionnaire([{...again, default: [pipelines[0]!]}], () => new Date());
	const typed = createQuestionnaire([again], () => new Date());

	expect(asked.ask().slice(1)).toEqual([
		'  - acme/infra #376 Drop it, push to main, the image is gone',
		'  - acme/web #12 Ship it, deployment of v1 to production',
		'Type the numbers with spaces between, or "all", or "none"; enter for 376.',
	]);
	asked.answer('');
	expect(asked.answers()).toEqual({again: [pipelines[0]]});
	expect(typed.answer('1')).toBe('"1" is not a list of numbers from the list.');
	typed.answer('#12');
	expect(typed.answers()).toEqual({again: [pipelines[1]]});
});

test('enter with nothing ticked is no answer: it asks', () => {
	const questionnaire = createQuestionnaire([again], () => new Date());

	expect(questionnaire.answer('')).toBe('Nothing is ticked. Type the numbers, or "none".');
	questionnaire.answer('none');
	expect(questionnaire.answers()).toEqual({again: []});
});

const began: AskedQuestion = {
	name: 'began',
	prompt: 'When did it begin (UTC)?',
	type: 'time',
	options: [],
	default: '2026-11-29T02:00:11Z',
	from: 'the disk, at the latest',
};

test.each([
	['', '2026-11-29T02:00:11Z'],
	['unknown', 'unknown'],
	['01:30', '2026-11-29T01:30:00.000Z'],
])('a time is proposed with where it is from, and "%s" answers it with %s', (line, answer) => {
	const questionnaire = createQuestionnaire([began], () => new Date('2026-11-29T03:00:00Z'));

	const asked = questionnaire.ask();
	const problem = questionnaire.answer(line);

	expect(asked).toEqual([
		'Question 1 of 1: When did it begin (UTC)?',
		'From the disk, at the latest: 2026-11-29 02:00 UTC.',
		'Enter takes that; or type a time in UTC, 02:15 or 2026-04-19 02:15, or unknown.',
	]);
	expect(problem).toBeUndefined();
	expect(questionnaire.answers()).toEqual({began: answer});
});

test('without a proposal enter is unknown, and a text says what is proposed from where', () => {
	const {default: _, from: _from, ...bare} = began;
	const who: AskedQuestion = {...bare, name: 'who', type: 'text', default: 'Deployment acme/web', from: 'the usage'};

	expect(
		createQuestionnaire([bare], () => new Date())
			.ask()
			.slice(1),
	).toEqual(['Type a time in UTC, 02:15 or 2026-04-19 02:15; enter for "unknown".']);
	expect(
		createQuestionnaire([who], () => new Date())
			.ask()
			.slice(1),
	).toEqual(['Type the answer, or unknown; enter for what is proposed from the usage:', '"Deployment acme/web".']);
});
